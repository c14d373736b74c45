from django.core.management.base import BaseCommand
from django.utils import timezone

from jobs import queue


class Command(BaseCommand):
    help = "Remet en file les tâches de fond dont le message ou l'ouvrier s'est perdu."

    def handle(self, **options: object) -> None:
        posted = queue.sweep(timezone.now())
        self.stdout.write(f"{posted} tâche(s) remise(s) en file.")
