from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email

from sites import accounts


class Command(BaseCommand):
    help = "Nomme un administrateur de l'installation et affiche le lien où il choisit son mot de passe."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", metavar="ADRESSE")
        parser.add_argument("full_name", metavar="NOM", help="« Prénom Nom », entre guillemets")

    def handle(self, *, email: str, full_name: str, **options: object) -> None:
        try:
            validate_email(email)
        except ValidationError:
            raise CommandError(f"« {email} » n'est pas une adresse électronique.") from None
        link = accounts.install_administrator(email, full_name)
        self.stdout.write(f"{email} administre l'installation.")
        if link:
            self.stdout.write(f"Lien pour choisir son mot de passe, une fois, sous sept jours :\n{link}")
