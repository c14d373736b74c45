"""Remind of the figures of the months. They leave with all the reminders of the day, in one mail a person:
this is `send_digest` under the name of what one looks for, and it writes twice to nobody."""

from qualepref.management.commands import send_digest


class Command(send_digest.Command):
    help = "Rappelle les chiffres du mois : ils partent avec les autres rappels du jour, comme send_digest."
