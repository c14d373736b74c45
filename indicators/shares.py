"""Whole percentages that add up to 100, as a reader adds them. Pure."""

from collections.abc import Sequence


def shares(counts: Sequence[int], total: int = 100) -> list[int]:
    """Each count as a part of `total`, by the largest remainder: rounded down, then what is left goes to
    those that lost most, the first where they lost alike. Nothing counted has no share: only zeros."""
    whole = sum(counts)
    if not whole:
        return [0] * len(counts)
    found = [count * total // whole for count in counts]
    by_loss = sorted(range(len(counts)), key=lambda place: -(counts[place] * total % whole))
    for place in by_loss[: total - sum(found)]:
        found[place] += 1
    return found
