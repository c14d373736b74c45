from django.core.management.base import BaseCommand

from sites import organisation
from sites.models import Prefecture


class Command(BaseCommand):
    help = "Donne à chaque service le nom et la place prévus pour aujourd'hui."

    def handle(self, **options: object) -> None:
        for prefecture in Prefecture.objects.all():
            effects = organisation.take_effect(prefecture, prefecture.today())
            for service in effects.changed:
                self.stdout.write(f"{prefecture} : {service} a pris effet.")
            for sentence in effects.refused:
                self.stderr.write(f"{prefecture} : {sentence}")
