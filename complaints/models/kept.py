"""What an agent keeps of the work lists: the filters that are asked for again and again."""

from urllib.parse import urlencode

from django.conf import settings
from django.db import models

from sites.models import Prefecture


class KeptList(models.Model):
    """A work list with its filters and its order, under a name. Only its agent sees it."""

    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="kept_case_lists")
    prefecture = models.ForeignKey(Prefecture, models.CASCADE, related_name="kept_case_lists")
    title = models.CharField("nom", max_length=60)
    worklist = models.CharField("liste", max_length=20)
    query = models.JSONField("filtres", default=dict, blank=True)

    class Meta:
        verbose_name = "vue gardée"
        verbose_name_plural = "vues gardées"
        ordering = ["title", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["agent", "prefecture", "title"],
                name="kept_list_title_is_unique_for_its_agent",
                violation_error_message="Vous avez déjà une vue de ce nom.",
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def address(self) -> str:
        """What follows the address of its list. A database keeps no order of the keys."""
        return f"?{urlencode(sorted(self.query.items()))}" if self.query else ""
