"""Finds the reader of a file: the built-in ones, and those that installed packages offer as `interlock.adapters`."""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points

from .atml import AtmlAdapter
from .canonical import Adapter, ParseContext
from .isomme import IsoMmeAdapter
from .json_lines import JsonLinesAdapter
from .mdf4 import Mdf4Adapter
from .openhtf import OpenHtfAdapter
from .qdas import QdasAdapter
from .table import TableAdapter
from .teststand_xml import NativeTestStandAdapter
from .tofupilot import TofuPilotAdapter
from .trace_files import TracingAdapter
from .wats_json import WatsJsonAdapter
from .wats_xml import WatsXmlAdapter

GROUP = "interlock.adapters"
"""The entry point group. An entry point names an object with the methods of `canonical.Adapter`."""

BUILT_IN: tuple[type[Adapter], ...] = (
    AtmlAdapter,
    IsoMmeAdapter,
    JsonLinesAdapter,
    Mdf4Adapter,
    NativeTestStandAdapter,
    OpenHtfAdapter,
    QdasAdapter,
    TableAdapter,
    TofuPilotAdapter,
    WatsJsonAdapter,
    WatsXmlAdapter,
)

SURE_ENOUGH = 0.6
"""Below this nobody claims the file: it waits for a person, or for a `format` stated by the sender."""


class UnknownFormat(Exception):
    """No reader claims the file, or none has the name asked for."""


class DoubleAdapter(Exception):
    """Two installed readers have one name: what was read could not be traced to either."""


@cache
def installed() -> dict[str, Adapter]:
    """All readers by name. Raises DoubleAdapter where two share a name."""
    found: dict[str, Adapter] = {}
    loaded = [point.load() for point in sorted(entry_points(group=GROUP), key=lambda point: point.name)]
    for adapter in [
        *(read() for read in BUILT_IN),
        *(offer() if isinstance(offer, type) else offer for offer in loaded),
    ]:
        if adapter.name in found:
            raise DoubleAdapter(f"two readers are named {adapter.name!r}: uninstall one")
        found[adapter.name] = adapter
    return found


def tracing() -> list[str]:
    """The names of the readers whose formats hold traces."""
    return sorted(name for name, adapter in installed().items() if isinstance(adapter, TracingAdapter))


def get(name: str) -> Adapter:
    """The reader named `name`. Raises UnknownFormat with the names there are."""
    try:
        return installed()[name]
    except KeyError:
        raise UnknownFormat(f"no reader named {name!r}; there are: {', '.join(sorted(installed()))}") from None


def detect(head: bytes, name: str) -> Adapter:
    """The reader most sure of a file, by its first bytes (4 KiB suffice) and its name. Raises UnknownFormat."""
    claims = [(adapter.sniff(head, name), adapter.name) for adapter in installed().values()]
    best, adapter_name = max(claims, default=(0.0, ""))
    if best < SURE_ENOUGH:
        known = ", ".join(sorted(installed()))
        raise UnknownFormat(f"no reader claims {name!r}; there are: {known}. State the format, or add a reader")
    return installed()[adapter_name]


def most_bytes(adapter: Adapter) -> int:
    """How much of a file a reader is given, unpacked: what it says itself as `max_bytes`, being one that needs little
    memory for much, else what every reader can take."""
    stated = getattr(adapter, "max_bytes", None)
    return stated if isinstance(stated, int) else ParseContext().max_bytes
