"""Makes what Vega drew fit for a page: only geometry and words stay. Colour comes from the stylesheet by class, links
from here. Whatever is not on the list below is dropped, so that no style, script or address of another host passes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element, ParseError, fromstring

from django.utils.html import escape

from .rendering import ChartNotDrawn

_SVG: Final = "{http://www.w3.org/2000/svg}"
_GEOMETRY: Final = {
    "path": ("transform", "d"),
    "line": ("transform", "x2", "y2"),
    "text": ("transform", "text-anchor"),
}
_DECIMALS: Final = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")
_WORD: Final = re.compile(r"[a-z0-9-]+")
_DRAWN: Final = re.compile(r"[-+0-9.eE,()\sA-Za-z]*")
_HATCHED: Final = frozenset({"zone", "bar-fail"})
"""Filled with the pattern that every page has; a stylesheet cannot name it, being another document."""
_ON_LINKS: Final = frozenset({"cross", "band-middle"})
"""Drawn over what is linked, and no link themselves: the stylesheet lets the pointer through."""


@dataclass(frozen=True, slots=True)
class Link:
    """Where a mark leads, on this site, and what it says."""

    url: str
    title: str


@dataclass(frozen=True, slots=True)
class Mended:
    """`ground` says nothing by itself; `linked` holds the marks that lead somewhere."""

    ground: str
    linked: str


def mend(svg: str, links: Mapping[str, Link]) -> Mended:
    """The parts of a page's chart. `links` are by the key that a mark carries. Raises ChartNotDrawn for what is no SVG,
    ValueError for a link that leaves this site."""
    for link in links.values():
        if not link.url.startswith("/") or link.url.startswith("//"):
            raise ValueError(f"a chart leads to this site alone, not to {link.url[:80]}")
    try:
        root = fromstring(svg)  # noqa: S314 - our own library's output, without a doctype
    except ParseError as fault:
        raise ChartNotDrawn(f"what was drawn is no SVG: {fault}") from fault
    ground: list[str] = []
    linked: list[str] = []
    for group in root.iter(f"{_SVG}g"):
        name = _name_of(group)
        if name:
            keyed = name in _ON_LINKS or any(item.get("aria-label") in links for item in group)
            (linked if keyed else ground).append(_group(name, group, links))
    return Mended("".join(ground), "".join(linked))


def _name_of(group: Element) -> str:
    """The name that the specification gives a group; "" for Vega's own."""
    words = group.get("class", "").split()
    return words[2] if len(words) == 3 and words[1] == "role-mark" and _WORD.fullmatch(words[2]) else ""


def _group(name: str, group: Element, links: Mapping[str, Link]) -> str:
    fill = ' fill="url(#hatch)"' if name in _HATCHED else ""
    return f'<g class="c-{name}"{fill}>{"".join(_items(group, links))}</g>'


def _items(group: Element, links: Mapping[str, Link]) -> Iterator[str]:
    for item in group:
        kind = item.tag.removeprefix(_SVG)
        if kind not in _GEOMETRY:
            continue
        places = "".join(
            f' {name}="{_DECIMALS.sub(_rounded, text)}"'
            for name in _GEOMETRY[kind]
            if (text := item.get(name)) is not None and _DRAWN.fullmatch(text)
        )
        shape = f"<{kind}{places}>{escape(item.text or '')}</{kind}>" if kind == "text" else f"<{kind}{places}/>"
        link = links.get(item.get("aria-label", ""))
        if link is None:
            yield shape
        else:
            yield f'<a href="{escape(link.url)}" tabindex="-1"><title>{escape(link.title)}</title>{shape}</a>'


def _rounded(found: re.Match[str]) -> str:
    """A tenth of a pixel is finer than any screen."""
    return f"{float(found.group()):.1f}".removesuffix(".0")
