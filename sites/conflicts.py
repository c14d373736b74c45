"""Two people who write at once: whoever comes second is told, with what stands."""

from typing import Any


class ConflictError(Exception):
    """Somebody else wrote since the page was opened; `saved` is what stands now."""

    def __init__(self, saved: Any) -> None:
        super().__init__(
            "Quelqu’un d’autre a enregistré une modification depuis que vous avez ouvert cette page."
        )
        self.saved = saved
