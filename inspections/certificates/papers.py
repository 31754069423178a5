"""Prints papers: PDF/A by typst, with a font that has the Chinese characters and a QR code. These packages are an
extra of their own (requirements-papers.txt): everything else works without them."""

from __future__ import annotations

import io
import json
import re
import threading
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.utils import timezone

from ..saying import Refusal, say
from .choices import PaperKind
from .codes import PLACE, scanned_text
from .rules import shown_number

STANDARD: Final = "a-2a"
"""PDF/A-2a (ISO 19005-2): everything embedded, every character readable as text, structure tagged."""
_SOURCES: Final = Path(__file__).parent / "paper"
_FONT_PACKAGE: Final = "manimgx_fonts_cjk"
_PACKAGES: Final = {"typst": "typst", "segno": "segno", _FONT_PACKAGE: "manimgx-fonts-cjk"}
_ONE_AT_A_TIME: Final = threading.Lock()
"""A dossier of 2,000 cars takes 0.4 GB while it is printed."""
_TIMES: Final = frozenset({"at", "since", "valid_from", "valid_until"})
_MOST_TRIES: Final = 20
_UNSHOWN: Final = re.compile(r"the text `?\"(.+?)\"`? could not be displayed", re.S)


class PaperRefused(Refusal):
    """Nothing was printed. The words may be shown."""


def missing_packages() -> list[str]:
    """What of the extra is not installed, by the names under which it is."""
    return [package for module, package in _PACKAGES.items() if find_spec(module) is None]


def require_printer() -> None:
    """Raises PaperRefused where the extra is not installed: nothing is begun that cannot be printed."""
    missing = missing_packages()
    if missing:
        text = say(
            "Papers cannot be printed here: %(packages)s is not installed. Run: python -m pip install"
            " --require-hashes -r requirements-papers.txt",
            packages=missing,
        )
        raise PaperRefused(text)


def print_paper(
    *, kind: PaperKind, facts: Mapping[str, Any], issue: Mapping[str, Any], digest: str, code: str, at: datetime
) -> bytes:
    """The PDF of a paper. The same arguments and packages give the same bytes. Raises PaperRefused."""
    require_printer()
    scanned = scanned_text(code)
    data = {
        "facts": _shown(facts),
        "issue": _shown(issue),
        "number": shown_number(str(issue["number"])),
        "digest": digest,
        "zone": str(timezone.get_current_timezone()),
        "place": f"{settings.SITE_ADDRESS.rstrip('/')}{PLACE}" if settings.SITE_ADDRESS else "",
        "demonstration": any(row["demonstration"] for row in facts["coverage"]),
    }
    text = json.dumps(data, ensure_ascii=False)
    for _ in range(_MOST_TRIES):
        try:
            return _compile(kind, text, _drawn(scanned), at)
        except _typst_error() as error:
            unshown = _UNSHOWN.search(str(error))
            if unshown is None:
                raise PaperRefused(say("The paper cannot be printed: %(why)s", why=str(error)[:500])) from error
            # What the font does not have is shown by its number, so that nothing is left out unseen.
            text = _without(text, unshown[1])
    raise PaperRefused(say("The record holds too many characters that no font here can print."))


def _typst_error() -> type[Exception]:
    import typst

    return typst.TypstError


def _compile(kind: PaperKind, text: str, drawn: str, at: datetime) -> bytes:
    import typst

    with _ONE_AT_A_TIME:
        printed = typst.compile(
            str(_SOURCES / f"{kind.value}.typ"),
            root=str(_SOURCES),
            font_paths=_fonts(),
            sys_inputs={"data": text, "qr": drawn},
            pdf_standards=STANDARD,
            timestamp=int(at.timestamp()),
        )
    if not isinstance(printed, bytes):
        raise PaperRefused(say("The paper cannot be printed: %(why)s", why="typst gave several files"))
    return printed


@lru_cache(maxsize=1)
def _fonts() -> Any:
    """The fonts of the extra and those that typst brings; none of the machine's, so that every paper looks alike."""
    import typst

    spec = find_spec(_FONT_PACKAGE)
    places = [] if spec is None else list(spec.submodule_search_locations or ())
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=places)


def _drawn(text: str) -> str:
    """The QR code as SVG, at level M: an eighth of it may be soiled."""
    import segno

    file = io.BytesIO()
    segno.make(text, error="m", micro=False, boost_error=False).save(file, kind="svg", border=4, omitsize=True)
    return file.getvalue().decode()


def _shown(value: Any, key: str = "") -> Any:
    """A fact as it is printed: moments on the plant's clock, and no character that is not seen."""
    if isinstance(value, Mapping):
        return {name: _shown(each, name) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_shown(each, key) for each in value]
    if not isinstance(value, str):
        return value
    if (key.endswith("_at") or key in _TIMES) and value:
        return f"{timezone.localtime(datetime.fromisoformat(value)):%Y-%m-%d %H:%M:%S}"
    return "".join(map(_visible, value))


def _visible(character: str) -> str:
    """Control, format and private characters by their number: text that turns round, or hides, cannot mislead."""
    if character == "\n" or unicodedata.category(character)[0] not in "C":
        return character
    return f"[U+{ord(character):04X}]"


def _without(text: str, unshown: str) -> str:
    for character in set(unshown):
        if ord(character) > 127:
            text = text.replace(character, f"[U+{ord(character):04X}]")
    return text
