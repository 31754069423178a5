"""The time zones that a person may choose and a rig's reports may name."""

from functools import cache
from zoneinfo import available_timezones


@cache
def time_zones() -> frozenset[str]:
    """IANA names, such as Asia/Shanghai. Read from the machine once: each reading opens some 600 files."""
    return frozenset(available_timezones())
