"""What may be told of a case outside the préfecture: a few words that name nobody."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from complaints.models.cases import Case


class Example(models.Model):
    """A complaint as its synthesis tells it. It is written anew, not copied, and has no history: what it said
    before it was corrected is gone, and it goes with its case."""

    case = models.OneToOneField(Case, models.CASCADE, primary_key=True, related_name="example")
    text = models.TextField("exemple à citer")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField("écrit le", default=timezone.now, editable=False)
    version = models.PositiveIntegerField("version", default=1)

    class Meta:
        verbose_name = "exemple à citer"
        verbose_name_plural = "exemples à citer"
        ordering = ["case__year", "case__number"]
        constraints = [
            models.CheckConstraint(
                name="example_says_something",
                condition=~Q(text=""),
                violation_error_message="Un exemple à citer a un texte.",
            )
        ]

    def __str__(self) -> str:
        return f"exemple de l’affaire {self.case}"
