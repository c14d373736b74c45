"""Parts of addresses that are words of ours."""

from publications.models import Entry


class AnyEntry:
    """An entry of the agents' Espace Qualité."""

    entries = list(Entry)
    regex = "|".join(entries)

    def to_python(self, value: str) -> Entry:
        return Entry(value)

    def to_url(self, value: str) -> str:
        if value not in self.entries:
            raise ValueError(value)
        return str(value)


class PublicEntry(AnyEntry):
    """An entry that the public reads too."""

    entries = Entry.of_the_public()
    regex = "|".join(entries)
