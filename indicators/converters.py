"""Parts of addresses that are words of ours."""

from indicators.periods import Period


class PeriodConverter:
    """« 2020-T1 », « 2020-S2 », « 2020-03 », « 2020-03-glissants ». A year has its own address."""

    regex = r"\d{4}-(?:T[1-4]|S[12]|(?:0[1-9]|1[0-2])(?:-glissants)?)"

    def to_python(self, value: str) -> Period:
        return Period.parse(value)

    def to_url(self, value: Period | str) -> str:
        return value if isinstance(value, str) else value.slug
