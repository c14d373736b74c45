"""What is not written: what cannot be, and what was written meanwhile."""

from typing import Any


class RefusedError(Exception):
    """What cannot be written, in a sentence for the person who asked for it."""


class ConflictError(Exception):
    """Somebody wrote since the page was opened: another agent, or the same one in another tab. `saved` is
    what stands now, None where it is gone, and `version` the one to have read: sent again with it, what was
    typed takes its place."""

    def __init__(self, saved: Any, version: int | str | None = None) -> None:
        super().__init__("Une modification a été enregistrée depuis que vous avez ouvert cette page.")
        self.saved = saved
        self.version = saved.version if version is None else version
