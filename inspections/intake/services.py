"""Everything that comes in from outside, for the rooms above."""

from .bucket import StoreUnavailable
from .keeping import ReasonMissing, SettledAlready, set_aside
from .landing import land_submission
from .photographs import (
    MAY_PHOTOGRAPH,
    MOST_PHOTOGRAPHS,
    KeptPicture,
    PhotographsRefused,
    attach_photographs,
)
from .pictures import PictureRefused
from .posting import keep_unread, post_bulk, post_inspection
from .rereading import (
    MAY_NAME,
    MAY_READ_AGAIN,
    NotReadAgain,
    keep_sample,
    name_subject,
    read_again,
    read_files_again,
)
from .rules import Answer, Problem
from .storage import FileTooLarge
from .submissions import read_landed, read_submission
from .tracing import keep_traces, keep_traces_of
from .waiting import record_waiting

__all__ = [
    "MAY_NAME",
    "MAY_PHOTOGRAPH",
    "MAY_READ_AGAIN",
    "MOST_PHOTOGRAPHS",
    "Answer",
    "FileTooLarge",
    "KeptPicture",
    "NotReadAgain",
    "PhotographsRefused",
    "PictureRefused",
    "Problem",
    "ReasonMissing",
    "SettledAlready",
    "StoreUnavailable",
    "attach_photographs",
    "keep_sample",
    "keep_traces",
    "keep_traces_of",
    "keep_unread",
    "land_submission",
    "name_subject",
    "post_bulk",
    "post_inspection",
    "read_again",
    "read_files_again",
    "read_landed",
    "read_submission",
    "record_waiting",
    "set_aside",
]
