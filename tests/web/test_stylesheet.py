"""The colours keep their contrast, and no page carries a style or a script that a strict policy would refuse."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "inspections" / "static" / "inspections"
STYLESHEET = (STATIC / "interlock.css").read_text(encoding="utf-8")
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
TEXT, MARK = 4.5, 3.0


def tokens(selector):
    body = STYLESHEET.split(selector, 1)[1].split("}", 1)[0]
    return dict(re.findall(r"--([\w-]+): (#[0-9A-F]{6});", body))


LIGHT = tokens(":root {")
DARK = LIGHT | tokens(':root[data-theme="dark"] {')


def luminance(colour):
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("front", "back", "least"),
    [
        *[(name, "sheet", TEXT) for name in ("ink", "ink-2", "act", "fail", "wait", "pass", "conc")],
        *[(name, "sheet", MARK) for name in ("edge", "bar", "wait-mark")],
        ("on-act", "act", TEXT),
        ("fail", "fail-wash", TEXT),
        ("ink", "fail-wash", TEXT),
        ("ink-2", "fail-wash", TEXT),
        ("wait", "wait-wash", TEXT),
        ("ink", "wait-wash", TEXT),
        ("ink-2", "well", TEXT),
        ("bezel-text", "bezel", TEXT),
        ("bezel-dim", "bezel", TEXT),
        ("bezel-dim", "bezel-well", TEXT),
    ],
)
def test_colours_can_be_told_apart(theme, front, back, least):
    assert contrast(theme[front], theme[back]) >= least


def test_dark_by_choice_and_dark_by_the_system_are_the_same():
    assert tokens(':root[data-theme="dark"] {') == tokens(':root:not([data-theme="light"]) {')


def test_no_type_is_smaller_than_twelve_pixels_and_only_two_weights_are_used():
    sizes = [int(size) for size in re.findall(r"(?:font-size: |font: \d+ )(\d+)px", STYLESHEET)]
    assert min(sizes) == 12
    assert set(sizes) <= {12, 13, 14, 16, 20, 26, 36, 56}
    assert set(re.findall(r"font(?:-weight)?: (\d{3})\b", STYLESHEET)) == {"400", "700"}


def test_nothing_is_fetched_from_another_host():
    text = STYLESHEET + "".join(path.read_text(encoding="utf-8") for path in TEMPLATES)
    assert re.findall(r"(?:src|href|url)\s*[=(]\s*[\"']?(?:https?:)?//", text) == []


def test_every_file_the_stylesheet_names_is_there():
    named = re.findall(r'url\("([^"#]+)"\)', STYLESHEET)
    assert named != []
    assert [name for name in named if not (STATIC / name).is_file()] == []


def test_the_licence_of_the_typeface_travels_with_it():
    assert "SIL Open Font License" in (STATIC / "fonts" / "OFL.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_template_carries_no_style_and_no_script_of_its_own(path):
    text = path.read_text(encoding="utf-8")
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=\"|javascript:|<script(?![^>]*\ssrc=)", text) == []


def test_the_sheets_of_a_print_are_counted_by_the_browser_and_both_halves_of_a_statement_are_printed():
    printed = STYLESHEET.split("@media print", 1)[1]
    hidden = next(line for line in printed.splitlines() if "display: none !important" in line)
    assert {".sheet-number", ".who-may"} <= set(re.split(r"[ ,]+", hidden.strip()))
    assert 'content: counter(page) " / " counter(pages)' in printed
    folded = ":is(.life details, .reasons-more, .procedure, .other-half)"
    assert folded + ":not([open]) > *:not(summary, form) { display: block; }" in printed


def test_nothing_can_be_signed_on_a_page_that_is_not_live():
    assert ".is-offline .signing { display: none; }" in STYLESHEET
    signed = [path for path in TEMPLATES if '"partials/sign_form.html"' in path.read_text(encoding="utf-8")]
    assert signed != []
    for path in signed:
        before = path.read_text(encoding="utf-8").split('{% include "partials/sign_form.html"')[0]
        opened = [mark.start() for mark in re.finditer(r'<(?:div|section) class="signing[ "]', before)]
        assert opened, path
        inside = before[opened[-1] :]
        assert len(re.findall(r"<(?:div|section)\b", inside)) > len(re.findall(r"</(?:div|section)>", inside)), path


def test_a_life_on_paper_has_every_word_of_a_value_and_neither_its_bar_nor_what_asks_for_an_act():
    printed = STYLESHEET.split("@media print", 1)[1]
    assert ".life .measurements .limit, .life .measurements td > br { display: none; }" in printed
    assert ".life .measurements .under { display: inline;" in printed
    hidden = next(line for line in printed.splitlines() if "display: none !important" in line)
    assert ".off-paper" in hidden
