class CoverageRefused(Exception):
    """Type-level evidence that cannot be entered or taken back; the text says what was found and what to do."""


class RemovalRefused(Exception):
    """A car that cannot be taken out of delivery so; the text says what was found and what to do."""


class MoveRefused(Exception):
    """A car that cannot be moved so; the text says what was found and what to do."""


class RepinRefused(Exception):
    """A batch that cannot be judged on this revision; the text says what was found and what to do."""
