class CoverageRefused(Exception):
    """Type-level evidence that cannot be entered or taken back; the text says what was found and what to do."""


class RemovalRefused(Exception):
    """A car that cannot be taken out of delivery so; the text says what was found and what to do."""
