"""Readers are found by what a file holds, by name, and from installed packages."""

from importlib.metadata import EntryPoint

import pytest

from inspections.adapters import registry
from tests.adapters.oracle import FIXTURES


class PressureAdapter:
    """A reader as another package would offer it."""

    name = "pressure-log"
    version = "7"

    def sniff(self, head, name):
        return 1.0 if head.startswith(b"PRESSURE") else 0.0

    def parse(self, stream, context):
        return iter(())


@pytest.fixture
def offered(monkeypatch):
    """Makes entry points appear as if packages were installed."""

    def offer(*values):
        points = [EntryPoint(f"p{index}", value, registry.GROUP) for index, value in enumerate(values)]
        monkeypatch.setattr(registry, "entry_points", lambda *, group: points if group == registry.GROUP else [])
        registry.installed.cache_clear()

    yield offer
    monkeypatch.undo()
    registry.installed.cache_clear()


def test_a_wats_report_finds_its_reader():
    head = (FIXTURES / "traps.json").read_bytes()[:4096]
    assert registry.detect(head, "0001.json").name == "wats_json"


def test_an_unknown_file_finds_none():
    with pytest.raises(registry.UnknownFormat, match=r"no reader claims 'a\.vbo'"):
        registry.detect(b"[header]\r\n", "a.vbo")


def test_get_names_what_there_is():
    assert registry.get("wats_json").version == "1"
    with pytest.raises(registry.UnknownFormat, match=r"there are: .*wats_json"):
        registry.get("wats")


def test_an_installed_reader_is_found(offered):
    offered(f"{__name__}:PressureAdapter")
    assert registry.detect(b"PRESSURE 1", "x").name == "pressure-log"
    assert registry.get("pressure-log").version == "7"
    assert registry.get("wats_json").name == "wats_json"


def test_two_readers_of_one_name_are_refused(offered):
    offered("inspections.adapters.wats_json:WatsJsonAdapter")
    with pytest.raises(registry.DoubleAdapter, match="'wats_json'"):
        registry.installed()


def test_a_reader_may_say_that_it_takes_more_than_others():
    assert registry.most_bytes(registry.get("wats_json")) == 16 * 1024 * 1024
    assert registry.most_bytes(registry.get("iso_mme")) == 256 * 1024 * 1024
