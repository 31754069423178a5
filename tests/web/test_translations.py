"""Every word of the pages has its Chinese, and what is compiled is what is written."""

import ast
import re
from functools import cache
from gettext import GNUTranslations
from pathlib import Path
from string import Formatter

import pytest
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = ROOT / "inspections" / "locale" / "zh_Hans" / "LC_MESSAGES"
ROOMS = (
    "admin", "batches", "catalogue", "certificates", "dispositions", "gates", "intake", "notices", "people",
    "records", "releases", "results", "rigs", "web",
)  # fmt: skip
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
MODULES = [
    ROOT / "inspections" / "saying.py",
    *sorted(path for room in ROOMS for path in (ROOT / "inspections" / room).rglob("*.py")),
]
HANDS_OVER = {"_", "gettext", "gettext_lazy", "ngettext", "pgettext", "pgettext_lazy", "say", "say_count"}
_LITERAL = r"u?('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"


def blocks():
    """The entries of the .po file, field by field."""
    for block in (CATALOGUE / "django.po").read_text(encoding="utf-8").split("\n\n"):
        fields = {}
        for line in block.splitlines():
            named = re.match(r'(msgctxt|msgid|msgid_plural|msgstr(?:\[0\])?) (".*")$', line)
            if named:
                field = named.group(1).removesuffix("[0]")
                fields[field] = ast.literal_eval(named.group(2))
            elif line.startswith('"'):
                fields[field] += ast.literal_eval(line)
        if fields.get("msgid"):
            yield fields


@cache
def written():
    """(Context and) message to its Chinese."""
    return {
        (f"{fields['msgctxt']}\x04" if "msgctxt" in fields else "") + fields["msgid"]: fields["msgstr"]
        for fields in blocks()
    }


def in_module(path):
    """What a module hands to gettext: literals, with the context before the message."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        name = getattr(getattr(node, "func", None), "id", "")
        if name in HANDS_OVER and node.args:
            texts = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
            if texts:
                yield "\x04".join(texts[:2]) if name.startswith("pgettext") else texts[0]


def in_template(path):
    """What a template hands to gettext, as Django's own extraction sees it."""
    source = templatize(path.read_text(encoding="utf-8"))
    for name, first, second in re.findall(rf"\b(_|gettext|ngettext|pgettext)\({_LITERAL}(?:,\s*{_LITERAL})?", source):
        text = ast.literal_eval(first)
        yield f"{text}\x04{ast.literal_eval(second)}" if name == "pgettext" and second else text


@pytest.mark.parametrize("path", [*TEMPLATES, *MODULES], ids=lambda path: str(path.relative_to(ROOT)))
def test_every_word_has_its_chinese(path):
    entries = written()
    found = set(in_module(path) if path.suffix == ".py" else in_template(path))
    assert sorted(text for text in found if not entries.get(text)) == []


def test_what_is_compiled_is_what_is_written():
    with (CATALOGUE / "django.mo").open("rb") as compiled:
        catalogue = GNUTranslations(compiled)._catalog
    found = {(key[0] if isinstance(key, tuple) else key): text for key, text in catalogue.items() if key}
    assert found == {key: text for key, text in written().items() if text}


def facts(text):
    """The names that a text has filled in: %(name)s, or {name} where a script fills them."""
    return set(re.findall(r"%\((\w+)\)", text)) or {name for _, name, _, _ in Formatter().parse(text) if name}


def test_the_chinese_asks_for_no_fact_that_the_english_does_not_have():
    for fields in blocks():
        english = facts(fields["msgid"]) | facts(fields.get("msgid_plural", ""))
        assert facts(fields["msgstr"]) - english == set(), fields["msgid"]
