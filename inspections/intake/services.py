"""Everything that comes in from outside, for the rooms above."""

from .keeping import ReasonMissing, SettledAlready, set_aside
from .landing import land_submission
from .posting import keep_unread, post_bulk, post_inspection
from .rules import Answer, Problem
from .storage import FileTooLarge
from .submissions import read_submission
from .waiting import record_waiting

__all__ = [
    "Answer",
    "FileTooLarge",
    "Problem",
    "ReasonMissing",
    "SettledAlready",
    "keep_unread",
    "land_submission",
    "post_bulk",
    "post_inspection",
    "read_submission",
    "record_waiting",
    "set_aside",
]
