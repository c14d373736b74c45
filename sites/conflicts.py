"""What is not written: what cannot be, and what somebody else wrote meanwhile."""

from typing import Any


class RefusedError(Exception):
    """What cannot be written, in a sentence for the person who asked for it."""


class ConflictError(Exception):
    """Somebody else wrote since the page was opened; `saved` is what stands now."""

    def __init__(self, saved: Any) -> None:
        super().__init__(
            "Quelqu’un d’autre a enregistré une modification depuis que vous avez ouvert cette page."
        )
        self.saved = saved
