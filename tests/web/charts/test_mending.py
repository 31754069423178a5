"""Whatever Vega draws, a page gets geometry and words only: no style, no script, no other host, no foreign markup."""

from xml.etree.ElementTree import fromstring

import pytest

from inspections.web.charts.mending import Link, mend
from inspections.web.charts.rendering import ChartNotDrawn

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 10 10">'
HOSTILE = '"><script>alert(1)</script><a href=\'javascript:x\' onload="y">&'


def svg(inner, name="fail"):
    return f'{HEAD}<g class="mark-symbol role-mark {name}">{inner}</g></svg>'


def test_only_listed_elements_and_attributes_stay():
    drawn = svg(
        '<path d="M0,0h1.26" transform="translate(1.04,2)" style="fill:red" fill="url(https://evil.example/x)"'
        ' stroke="#000" onclick="x()" href="https://evil.example/" opacity="0.5"/>'
        '<script>alert(1)</script><style>*{color:red}</style><image href="https://evil.example/i.png"/>'
        '<foreignObject><b>x</b></foreignObject><use href="#x"/>'
        '<text text-anchor="end" font-family="Arial" font-size="11px" fill="#000">0.10</text>'
    )
    assert mend(drawn, {}).ground == (
        '<g class="c-fail"><path transform="translate(1,2)" d="M0,0h1.3"/><text text-anchor="end">0.10</text></g>'
    )


def test_geometry_that_is_more_than_geometry_is_dropped():
    assert mend(svg('<path d="M0;url(x)" transform="translate(1,2)"/>'), {}).ground == (
        '<g class="c-fail"><path transform="translate(1,2)"/></g>'
    )


@pytest.mark.parametrize("name", ["", "Fail", "x&quot;y", "a b", "&lt;script&gt;"])
def test_a_group_whose_name_is_not_ours_is_dropped(name):
    assert mend(svg('<path d="M0,0"/>', name), {}).ground == ""


def test_a_mark_is_a_link_by_its_key_and_hostile_words_stay_words():
    link = Link("/vehicles/A%22%3E/#inspection-1", HOSTILE)
    mended = mend(svg('<path aria-label="p0" d="M0,0"/><path aria-label="p1" d="M1,1"/>'), {"p0": link})
    (first, second) = fromstring(f"<x>{mended.linked}</x>")[0]
    assert (mended.ground, first.tag, first.attrib) == ("", "a", {"href": link.url, "tabindex": "-1"})
    assert [(part.tag, part.text) for part in first] == [("title", HOSTILE), ("path", None)]
    assert (second.tag, second.attrib) == ("path", {"d": "M1,1"})


def test_words_of_axes_stay_words():
    mended = mend(svg("<text>&lt;script&gt;alert(1)&lt;/script&gt;&amp;</text>", "limit-label"), {})
    assert mended.ground == '<g class="c-limit-label"><text>&lt;script&gt;alert(1)&lt;/script&gt;&amp;</text></g>'


@pytest.mark.parametrize(
    "url", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "vehicles/1", "", "data:text/html,x"]
)
def test_a_link_that_leaves_this_site_is_refused(url):
    with pytest.raises(ValueError, match="this site alone"):
        mend(svg(""), {"p0": Link(url, "")})


@pytest.mark.parametrize("drawn", ["", "no svg", "<svg", '<!DOCTYPE x [<!ENTITY a "b">]><svg>&b;</svg>'])
def test_what_is_no_svg_is_not_drawn(drawn):
    with pytest.raises(ChartNotDrawn):
        mend(drawn, {})
