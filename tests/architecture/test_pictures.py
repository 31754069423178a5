"""Docs show pictures that there are, and no picture lies about that nobody sees."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest

from tests.architecture.sources import PROJECT
from tests.screenshots.shots import SHOTS

PAGES = [PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", *sorted((PROJECT / "docs").glob("*.md"))]
SHOWN = re.compile(r'!\[[^]]*\]\(([^)\s]+)\)|(?:src|srcset)="([^"\s]+)"')
LINKED = re.compile(r"(?<!!)\[[^]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
FOLDER = PROJECT / "docs" / "images"
MOST = 4 * 1024**2


def named(page: Path, pattern: re.Pattern[str]) -> list[Path]:
    found = [
        "".join(match) if isinstance(match, tuple) else match for match in pattern.findall(page.read_text("utf-8"))
    ]
    return [(page.parent / each).resolve() for each in found if "://" not in each]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_picture_and_page_that_is_named_exists(page: Path) -> None:
    assert [str(each) for each in [*named(page, SHOWN), *named(page, LINKED)] if not each.exists()] == []


def test_each_picture_is_shown_somewhere() -> None:
    shown = {each for page in PAGES for each in named(page, SHOWN)}
    assert {each.name for each in FOLDER.iterdir()} == {each.name for each in shown if each.parent == FOLDER}


def test_each_page_was_photographed_in_both_languages_and_themes_and_all_stay_small() -> None:
    wanted = product([shot.name for shot in SHOTS], ("en", "zh"), ("light", "dark"))
    assert {each.name for each in FOLDER.iterdir()} == {f"{'-'.join(each)}.webp" for each in wanted}
    assert sum(each.stat().st_size for each in FOLDER.iterdir()) <= MOST
