"""A plot drawn by Vega: facts of the SVG as a page has it, found by parsing it."""

import re
from xml.etree.ElementTree import fromstring

import pytest

from inspections.web.charts import (
    Band,
    Bar,
    ChartNotDrawn,
    LimitLine,
    Link,
    Mark,
    Plot,
    Tick,
    Zone,
    draw_chart,
    rendering,
)

HOSTILE = '</text><script>alert(1)</script> & "less" than 0.1 Ω'
KINDS = ["pass", "pass", "pass", "fail", "unclear", "unjudged", "pass", "fail"]


def drawn(plot, links=None, title="Every result", description="Five values"):
    return str(draw_chart(plot, name="run", title=title, description=description, links=links or {}))


def plot(**parts):
    return Plot(860, 340, 60, **parts)


def marks():
    return tuple(
        Mark(f"p{n}", n / 10, n / 10, kind, n % 3, {6: "above", 7: "below"}.get(n, "")) for n, kind in enumerate(KINDS)
    )


def groups(text):
    """How many shapes stand in each group, by class."""
    found = {}
    for group in fromstring(text).iter():
        if group.tag == "g" and group.get("class"):
            found[group.get("class")] = len(list(group))
    return found


def test_every_mark_is_in_the_group_of_its_kind_and_a_pass_in_that_of_its_rig():
    links = {f"p{n}": Link(f"/vehicles/V{n}/#inspection-{n}", f"car {n}") for n in range(8)}
    text = drawn(plot(marks=marks()), links)
    assert groups(text) == {
        "c-rig-0": 1, "c-rig-1": 1, "c-rig-2": 1, "c-fail": 1, "c-cross": 2, "c-unclear": 1, "c-unjudged": 1,
        "c-off-above": 1, "c-off-fail-below": 1,
    }  # fmt: skip
    found = {each.get("href"): each[0].text for each in fromstring(text).iter("a")}
    assert found == {link.url: link.title for link in links.values()}


def test_a_mark_without_a_link_is_drawn_all_the_same():
    assert groups(drawn(plot(marks=marks()[:1]))) == {"c-rig-0": 1}


def test_limits_zones_axes_bars_and_bands_are_drawn_where_they_are():
    text = drawn(
        plot(
            rows=(Tick(0, "0.00"), Tick(1, "0.10")),
            moments=(Tick(0.5, "08:00"),),
            zones=(Zone(0.8, 1),),
            limits=(
                LimitLine(0.8, "less than 0.1 Ω", False, True),
                LimitLine(0.2, "at least 0.02 Ω", True, False),
                LimitLine(1.0, "at most 9 Ω", True, True, "above"),
            ),
            bars=(Bar(0, 0.1, 1, 0, "93"), Bar(0.1, 0.2, 0.5, 0.01, "47")),
            bands=(Band("b0", 0, 0.5, 0.1, 0.2, 0.3),),
        )
    )
    assert groups(text) == {
        "c-row": 2, "c-row-label": 2, "c-moment": 1, "c-moment-label": 1, "c-zone": 1, "c-limit": 2, "c-limit-fails": 1,
        "c-limit-passes": 1, "c-limit-label": 2, "c-limit-off": 1, "c-bar": 2, "c-bar-fail": 1, "c-bar-count": 2,
        "c-band": 1, "c-band-middle": 1,
    }  # fmt: skip
    words = [each.text for each in fromstring(text).iter("text")]
    assert words == [
        "0.00", "0.10", "08:00", "less than 0.1 Ω", "at least 0.02 Ω", "at most 9 Ω", "93", "47",
    ]  # fmt: skip
    heights = {
        each.get("transform")
        for group in fromstring(text).iter("g")
        if group.get("class") == "c-limit"
        for each in group
    }
    assert heights == {"translate(0,60)", "translate(0,240)"}


def test_it_is_one_image_with_title_and_description_and_its_marks_are_for_a_pointing_hand():
    text = drawn(plot(marks=marks()), {"p0": Link("/vehicles/V/", "car")}, title=HOSTILE, description=HOSTILE)
    root = fromstring(text)
    image, hand = list(root)
    assert (root.tag, root.get("viewBox"), image.get("role"), hand.get("aria-hidden")) == (
        "svg", "-60 -12 860 340", "img", "true",
    )  # fmt: skip
    named = {each.get("id"): each.text for each in root.iter() if each.get("id")}
    assert named == {"run": None, "run-title": HOSTILE, "run-words": HOSTILE}
    assert image.get("aria-labelledby").split() == ["run-title", "run-words"]
    assert {each.get("tabindex") for each in root.iter("a")} == {"-1"}
    assert list(image.iter("a")) == []


def test_no_style_script_colour_or_other_host_comes_with_it():
    text = drawn(
        plot(
            marks=marks(),
            zones=(Zone(0.8, 1),),
            limits=(LimitLine(0.8, HOSTILE, False, True),),
            rows=(Tick(0, HOSTILE),),
        ),
        {"p0": Link("/x/", HOSTILE)},
    )
    assert re.findall(r"https?:|//|style|javascript|\son\w+=", re.sub(r">[^<]*<", "><", text)) == []
    assert {each.tag for each in fromstring(text).iter()} == {
        "svg", "g", "title", "desc", "path", "line", "text", "a",
    }  # fmt: skip
    assert {name for each in fromstring(text).iter() for name in each.attrib} == {
        "class", "id", "viewBox", "focusable", "role", "aria-labelledby", "aria-hidden", "d", "transform", "x2", "y2",
        "text-anchor", "href", "tabindex", "fill",
    }  # fmt: skip
    assert {each.get("fill") for each in fromstring(text).iter() if each.get("fill")} == {"url(#hatch)"}


@pytest.mark.parametrize("width", [860, 420])
def test_words_keep_clear_of_the_edges(width):
    """DejaVu, the widest face that a page falls back to, takes about 9 pixels a letter at 14."""
    for places in ([0, 0.3, 0.6, 1], [0.1, 0.88], [0.5, 0.95]):
        moments = tuple(Tick(place, "11-26 08:00") for place in places)
        text = drawn(Plot(width, 200, 60, rows=(Tick(0, "12345"),), moments=moments))
        for each in fromstring(text).iter("text"):
            place = float(re.match(r"translate\((-?[\d.]+)", each.get("transform")).group(1))
            wide, anchor = 9 * len(each.text), each.get("text-anchor")
            left = place - {"start": 0, "middle": wide / 2, "end": wide}[anchor]
            assert left >= -60
            assert left + wide <= width - 60


def test_what_was_drawn_once_is_kept_and_no_more_than_a_set_number(monkeypatch):
    asked = []
    monkeypatch.setattr(rendering.vl_convert, "vega_to_svg", lambda text, **_: asked.append(text) or "<svg/>")
    monkeypatch.setattr(rendering, "_kept", type(rendering._kept)())
    for number in (*range(rendering.MOST_KEPT + 1), 1, 0):
        rendering.render({"n": number})
    assert (len(asked), len(rendering._kept)) == (rendering.MOST_KEPT + 2, rendering.MOST_KEPT)


def test_what_vega_refuses_is_said_to_be_not_drawn():
    with pytest.raises(ChartNotDrawn):
        rendering.render({"$schema": "https://vega.github.io/schema/vega/v5.json", "marks": [{"type": "nonsense"}]})


def test_nothing_is_fetched_for_a_chart():
    spec = {
        "$schema": "https://vega.github.io/schema/vega/v5.json",
        "data": [{"name": "x", "url": "http://127.0.0.1:9/data.json"}],
        "marks": [],
    }
    with pytest.raises(ChartNotDrawn, match="not allowed"):
        rendering.render(spec)
