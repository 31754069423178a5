"""What the line does, as plain data: calls of the API with moments still to be filled in. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, TypeAlias

import msgspec

MES: Final = "MES"

_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


class Expect(StrEnum):
    """How a call should be answered. A repeat of a whole run answers `recorded` with `repeated`."""

    RECORDED = "recorded"
    REPEATED = "repeated"
    WAITING = "waiting"
    REFUSED = "refused"


class Kind(StrEnum):
    """What a call is about, as the table at the end counts it."""

    BATCH = "batches opened and closed"
    CAR = "cars registered"
    CHANGE = "software changed"
    SAMPLE = "periodic samples"
    PACK = "tests of packs"
    TEST = "tests of cars"
    LATE = "tests uploaded late"
    AGAIN = "tests repeated"
    DELIVERY = "cars that left"


@dataclass(frozen=True, slots=True)
class At:
    """A moment: some seconds after a batch was opened or a car was registered, whenever that will have been."""

    anchor: str
    seconds: float


Clock: TypeAlias = Callable[[str], datetime]
"""When the batch of a number was opened, or the car of a VIN registered."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `holder`: whose key it carries, a rig's code or MES. A sequence is sent as NDJSON."""

    kind: Kind
    holder: str
    path: str
    content: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    expect: Expect = Expect.RECORDED

    def body(self, clock: Clock) -> bytes:
        """The body as it goes over the wire, every moment filled in; empty for a call without one."""
        if self.content is None:
            return b""
        if isinstance(self.content, Mapping):
            return _ENCODER.encode(filled(self.content, clock))
        return b"".join(_ENCODER.encode(filled(item, clock)) + b"\n" for item in self.content)

    @property
    def media_type(self) -> str:
        whole = self.content is None or isinstance(self.content, Mapping)
        return "application/json" if whole else "application/x-ndjson"


@dataclass(frozen=True, slots=True)
class Certificate:
    """A calibration certificate that a person enters for a rig; rigs cannot."""

    rig: str
    number: str
    valid_from: At
    valid_until: At


@dataclass(frozen=True, slots=True)
class Rework:
    """An engineer takes every open nonconformance of a car, says where its cause lies, and records what was done and
    when that ended (at a whole second, as the form takes it)."""

    vin: str
    what: str
    done: At
    cause_class: str


@dataclass(frozen=True, slots=True)
class Take:
    """An engineer takes the open nonconformances of a car and cannot answer them yet: the car stays behind."""

    vin: str
    cause: str
    containment: str
    cause_class: str


@dataclass(frozen=True, slots=True)
class SetAside:
    """An engineer says that what was sent of a car and is not on the record shall not be recorded, and why."""

    vin: str
    reason: str


@dataclass(frozen=True, slots=True)
class OutOfTolerance:
    """An engineer reports that a rig was found out of tolerance, back to `since`, and enters its new certificate."""

    vin: str
    rig: str
    since: At
    found: At
    reason: str
    certificate: str


Deed: TypeAlias = Rework | Take | SetAside | OutOfTolerance
"""What a person does in the pages."""


@dataclass(frozen=True, slots=True)
class Step:
    """What happens together on the line, and the line of text that tells of it."""

    text: str
    acts: tuple[Call | Certificate | Deed, ...]
    car: str = ""


def filled(content: Any, clock: Clock) -> Any:
    """The same content with every moment written out, with its offset (ISO 8601)."""
    if isinstance(content, At):
        return (clock(content.anchor) + timedelta(seconds=content.seconds)).isoformat(timespec="milliseconds")
    if isinstance(content, Mapping):
        return {key: filled(value, clock) for key, value in content.items()}
    if isinstance(content, Sequence) and not isinstance(content, str):
        return [filled(item, clock) for item in content]
    return content
