"""ISO-MME tests (ISO/TS 13499), crash tests and tests of driving systems: a zip of the folder, or of several.

A test is its `.mme` file with the folder `Channel` beside it: `.chn` lists the channels, each has a file of its own.
The format has no verdict, limits or items; what is measured are features of channels, which the profile names in its
options (`feature_options`). `software_system` there is the code of the system whose version the header states.
Photographs, films and documents in the zip are not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any, BinaryIO

from .canonical import AdapterError, CanonicalInspection, CanonicalItem, ParseContext, ReportClaim
from .channel_features import NotMeasured, measure
from .feature_options import feature_faults, read_features
from .isomme_channels import Channel, make_signal, read_channel, time_channel_of
from .isomme_text import Header, decode_text, joined_headers, read_header, split_lines
from .rig_times import read_time
from .signals import Signal
from .strict_json import shown
from .trace_files import TraceFile
from .zipped import MAGIC, Folder, open_folder

_MOST_CHANNELS = 2_000
_LONGEST_ID = 128
_MEMBER_NAME = re.compile(rb"PK\x03\x04.{22}(..)..", re.DOTALL)
_DATE = re.compile(r"(\d{4})[-./](\d{1,2})[-./](\d{1,2})", re.ASCII)
_TIME = re.compile(r"(\d{1,2}):(\d\d(?::\d\d(?:[.,]\d{1,12})?)?)", re.ASCII)
_VIN = ("Ref. number of TOB 1", "Ref. number of test object 1")
_SOFTWARE = ("S/W version of TOB 1", "S/W version of test object 1")


class IsoMmeAdapter:
    """Reads ISO-MME. Stateless; one instance serves all."""

    name = "iso_mme"
    version = "1"
    max_bytes = 256 * 1024 * 1024
    """Unpacked: 200 channels of half a second at 100 kHz. One channel is in memory at a time, and those of features."""

    def sniff(self, head: bytes, name: str) -> float:
        """By the names of the first members of the zip; a lone `.mme` is claimed too, to be told what is missing."""
        if not head.startswith(MAGIC):
            return 0.9 if name.lower().endswith(".mme") and b":" in head else 0.0
        names = [
            head[found.end() : found.end() + int.from_bytes(found[1], "little")].lower()
            for found in _MEMBER_NAME.finditer(head)
        ]
        if any(member.endswith((b".mme", b".chn")) for member in names):
            return 0.95
        return 0.7 if any(re.search(rb"(^|/)channel/([^/]+\.\d{3,})?$", member) for member in names) else 0.0

    def parse(self, stream: BinaryIO, context: ParseContext) -> Iterator[CanonicalInspection]:
        """The tests in the zip, in the order of their names. What is wrong with the whole is raised by this call."""
        read_features(context.options)
        if stream.read(len(MAGIC)) != MAGIC:
            raise AdapterError("file", "no zip", "the folder of the test as a zip, with its channels")
        folder = open_folder(stream, context.max_bytes)
        tests = [_Test(folder, name, context) for name in _tests_in(folder)]
        if not tests:
            raise AdapterError("file", "no member that ends in .mme", "the folder of an ISO-MME test")
        return _read_tests(tests)

    def traces(self, stream: BinaryIO, context: ParseContext) -> Iterator[TraceFile]:
        """The channels of each test in the zip, whatever their data status: it is told with them."""
        from .traces import write_traces  # pyarrow is large: only what keeps traces needs it

        folder = open_folder(stream, context.max_bytes)
        for name in _tests_in(folder):
            test = _Test(folder, name, context)
            yield write_traces(_external_id(test.read_mme()), test.channels(), f"{self.name}/{self.version}")

    def option_faults(self, options: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """As `feature_options` says, and `software_system`, a text."""
        yield from feature_faults(options)
        for key in options:
            if key not in ("features", "software_system"):
                yield f"/{key}", "an option that this reader does not know; known are features and software_system"
        system = options.get("software_system")
        if system is not None and (not isinstance(system, str) or not system.strip()):
            yield "/software_system", f"{shown(system)}; the code of a software system is expected"


def _tests_in(folder: Folder) -> list[str]:
    found = [name for name in folder.members if name.lower().endswith(".mme")]
    return sorted(name for name in found if not name.rsplit("/", 1)[-1].startswith(".") and "__MACOSX/" not in name)


def _read_tests(tests: Sequence[_Test]) -> Iterator[CanonicalInspection]:
    seen: set[str] = set()
    for test in tests:
        inspection = test.read()
        if inspection.external_id in seen:
            raise AdapterError(f"{test.place}, Test number", shown(inspection.external_id), "a number of its own")
        seen.add(inspection.external_id)
        yield inspection


@dataclass(slots=True)
class _Test:
    """One test of the archive. Its signals are made when a feature asks for one."""

    folder: Folder
    name: str
    context: ParseContext
    _needed: dict[str, Channel] = field(default_factory=dict)
    _signals: dict[str, Signal] = field(default_factory=dict)

    @property
    def place(self) -> str:
        return f"member {shown(self.name)}"

    def read_mme(self) -> Header:
        text = decode_text(self.folder.read(self.name), self.place, self.context.encoding)
        return read_header(split_lines(text), self.place)

    def read(self) -> CanonicalInspection:
        """All of the test. Every channel is read and counted; those that no feature asks for are not kept."""
        header = self.read_mme()
        features = read_features(self.context.options)
        wanted = {name for feature in features for name in feature.channels}
        summaries: list[tuple[str, str]] = []
        times: dict[str, str | None] = {}
        sources = set()
        for number, channel in enumerate(self.channels(), 1):
            if channel.code in times:
                raise AdapterError(f"{channel.place}, Channel code", channel.code, "each code once")
            times[channel.code] = time_channel_of(channel)
            sources.add(channel.source.casefold()[:5])
            summaries.append((f"Channel {number:03}", _summary(channel)))
            if channel.code[12:14].upper() == "TI" or any(_fits(channel.code, name) for name in wanted):
                self._needed[channel.code] = channel
        items = tuple(measure(feature, self._find) for feature in features)
        return _inspection(header, self.context, items, tuple(summaries), simulated=sources == {"simul"})

    def channels(self) -> Iterator[Channel]:
        """The channels one by one, in the order of the list. Raises AdapterError where list and files differ."""
        listed, files = self._listed(), self._files()
        if len(listed) != len(files):
            raise AdapterError(f"{self.place}, channels", f"{len(files)} files, {len(listed)} listed", "as many")
        for number, code in sorted(listed.items()):
            if number not in files:
                raise AdapterError(f"{self.place}, channels", f"no file of channel {number:03}", "one for each listed")
            place = f"member {shown(files[number])}"
            data = self.folder.read(files[number])
            channel = read_channel(data, place, self.context.encoding, comma=self.context.decimal_comma)
            if channel.code != code:
                raise AdapterError(f"{place}, Channel code", channel.code, f"{shown(code)}, as listed")
            yield channel

    def _folder_members(self) -> Iterator[str]:
        above = self.name.rpartition("/")[0]
        start = f"{above}/channel/" if above else "channel/"
        for name in self.folder.members:
            own = name.rpartition("/")[0] + "/"
            if own.casefold() == start.casefold() and not name.rsplit("/", 1)[-1].startswith("."):
                yield name

    def _files(self) -> dict[int, str]:
        """The channel files by their number. Their names before the dot do not matter."""
        found: dict[int, str] = {}
        for name in self._folder_members():
            ending = name.rpartition(".")[2]
            if len(ending) < 3 or not (ending.isascii() and ending.isdigit()):
                continue
            if int(ending) in found:
                raise AdapterError(f"member {shown(name)}", f"channel {ending} twice", "one file for each channel")
            found[int(ending)] = name
        if len(found) > _MOST_CHANNELS:
            raise AdapterError(self.place, f"{len(found)} channels", f"at most {_MOST_CHANNELS}")
        return found

    def _listed(self) -> dict[int, str]:
        """The codes of `.chn` by number, as many as it says there are."""
        lists = [name for name in self._folder_members() if name.lower().endswith(".chn")]
        if len(lists) != 1:
            raise AdapterError(f"{self.place}, channels", f"{len(lists)} lists of channels", "one .chn in Channel")
        place = f"member {shown(lists[0])}"
        header = read_header(split_lines(decode_text(self.folder.read(lists[0]), place, self.context.encoding)), place)
        codes: dict[int, str] = {}
        for descriptor, value in header.lines:
            words = descriptor.casefold().rpartition(" ")
            if words[0] != "name of channel" or not (words[2].isascii() and words[2].isdigit()):
                continue
            if int(words[2]) in codes:
                raise AdapterError(f"{place}, {descriptor}", "the number twice", "each channel once")
            codes[int(words[2])] = (value or "").partition("/")[0].strip()
        stated = header.require("Number of channels", expected="how many channels are listed")
        if stated != str(len(codes)) and stated.lstrip("0") != str(len(codes)):
            raise AdapterError(f"{place}, Number of channels", f"{shown(stated)}, and {len(codes)} named", "the same")
        return codes

    def _find(self, name: str) -> Signal:
        codes = [code for code in self._needed if _fits(code, name)]
        if len(codes) != 1:
            found = "no channel" if not codes else f"{len(codes)} channels ({', '.join(codes[:4])})"
            raise NotMeasured(f"{found} of the code {name}")
        (code,) = codes
        if code not in self._signals:
            channel = self._needed[code]
            self._signals[code] = make_signal(channel, self._needed.get(time_channel_of(channel) or ""))
        return self._signals[code]


def _fits(code: str, pattern: str) -> bool:
    return len(code) == len(pattern) and fnmatchcase(code, pattern.replace("[", "[[]").replace("*", "[*]"))


def _summary(channel: Channel) -> str:
    return f"{channel.code} / {channel.name} [{channel.unit or '-'}], {channel.status or 'no data status'}"


def _inspection(
    header: Header,
    context: ParseContext,
    items: tuple[CanonicalItem, ...],
    summaries: tuple[tuple[str, str], ...],
    *,
    simulated: bool,
) -> CanonicalInspection:
    moment, notes = _read_moment(header, context)
    version, system = header.get(*_SOFTWARE), context.options.get("software_system")
    kind = header.get("Type of the test", "Test type") or ""
    why = None
    if simulated:
        why = "every channel says that it is simulated: no test of a car"
    elif "simulation" in kind.casefold():
        why = f"the type of the test is {shown(kind)}: no test of a car"
    return CanonicalInspection(
        external_id=_external_id(header),
        serial=header.get(*_VIN),
        part_number=None,
        process_code=None,
        process_name=kind or None,
        station=header.get("Laboratory name"),
        operator=header.get("Laboratory contact name"),
        started_at=moment,
        finished_at=moment,
        claimed=ReportClaim.NONE,
        software=((system, version),) if system and version else (),
        not_a_test=why,
        items=() if why else items,
        notes=notes,
        headers=(*joined_headers(header), *summaries),
    )


def _external_id(header: Header) -> str:
    number = header.require("Test number", expected="the number of the test")
    if len(number) > _LONGEST_ID:
        raise AdapterError(f"{header.place}, Test number", f"{len(number)} characters", f"at most {_LONGEST_ID}")
    return number


def _read_moment(header: Header, context: ParseContext) -> tuple[datetime, tuple[str, ...]]:
    """The moment of the test, on the clock of the laboratory. Without a time of day it is the beginning of the day: too
    early a moment makes nothing count that would not."""
    date = header.require("Date of the test", "Date of test", "Test date", expected="the day of the test")
    time = header.get("Time of the test", "Time of test", "Test time")
    day, clock = _DATE.fullmatch(date), _TIME.fullmatch(time or "00:00")
    place = f"{header.place}, Date of the test"
    if day is None or clock is None:
        raise AdapterError(place, f"{shown(date)} {shown(time)}", "a day such as 2026-05-14, a time such as 10:32:45")
    year, month, number = day.groups()
    hour, rest = clock.groups()
    text = f"{year}-{month:0>2}-{number:0>2} {hour:0>2}:{rest}"
    notes = ["the report does not say how long the test took: finished when it started"]
    if time is None:
        notes.append("the report states no time of day: taken as the beginning of its day")
    return read_time(text, place, context.time_zone), tuple(notes)
