"""What only papers need is an extra: neither the product nor its demo installs it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ONLY_FOR_PAPERS = {"typst", "segno", "manimgx-fonts-cjk"}


def locked(name):
    return set(re.findall(r"^([a-z0-9._-]+)==", (ROOT / name).read_text(), re.M))


def test_the_extra_is_locked_and_complete():
    assert locked("requirements-papers.txt") == ONLY_FOR_PAPERS


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-embedded.txt"])
def test_neither_product_nor_demo_installs_it(name):
    assert locked(name) & ONLY_FOR_PAPERS == set()


def test_the_tests_install_it():
    assert locked("requirements-dev.txt") >= ONLY_FOR_PAPERS


def test_the_rooms_are_there_without_it():
    """Nothing of the extra is imported when the product starts."""
    sources = (ROOT / "inspections").rglob("*.py")
    early = [path.name for path in sources if re.search(r"^(import|from) (typst|segno)", path.read_text(), re.M)]
    assert early == []
