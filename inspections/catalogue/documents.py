"""YAML files as plain values that know their lines. Pure: no database, no schema. See docs/catalogue-format.md."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

import yaml

from ..evaluation.quantities import parse_number
from ..saying import Said

Path = tuple[str | int, ...]
"""Where a value stands in its document: keys and indices from the root."""

MOST_NESTED: Final = 12
_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WHOLE: Final = re.compile(r"[+-]?[0-9]+")
_LEADING_ZERO: Final = re.compile(r"[+-]?0[0-9]")
_PREFIX: Final = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """What keeps a file from being loaded: what was found, what was expected, what to do.

    `text` is English, as files are checked at a command line. `said` puts the same into a reader's language where the
    check hands it over.
    """

    file: str
    line: int
    text: str
    said: Said | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"

    @property
    def told(self) -> str:
        """For whoever reads it now; English where the check does not hand it over."""
        return f"{self.file}:{self.line}: {self.said or self.text}"


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document. Bare numbers are int or Decimal as written, never float; `lines` counts from 1."""

    file: str
    content: Any
    lines: dict[Path, int] = field(repr=False)

    @property
    def format(self) -> Any:
        return self.content.get("format") if isinstance(self.content, dict) else None

    def line(self, path: Path) -> int:
        """The line of the value at `path`, or of the nearest one around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def problem(self, path: Path, text: str | Said) -> Problem:
        said = text if isinstance(text, Said) else None
        return Problem(self.file, self.line(path), text.english if isinstance(text, Said) else text, said)


def read_documents(file: str, data: bytes) -> tuple[list[Document], list[Problem]]:
    """The documents of one file, and everything in it that is no plain value. With a problem, no document."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return [], [Problem(file, line, f"found the byte 0x{data[error.start]:02x}, expected text in UTF-8")]
    try:
        problems = list(_refused_syntax(file, text))
        if problems:
            return [], problems
        documents = []
        for node in yaml.compose_all(text, Loader=_LOADER):
            reader = _Reader(file)
            documents.append(Document(file, reader.value(node, ()), reader.lines))
            problems.extend(reader.problems)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        told = " ".join(part for part in (error.context, error.problem) if part)
        return [], [Problem(file, 1 if mark is None else mark.line + 1, f"this is no YAML: {told}")]
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        return [], [Problem(file, line, f"found the character {error.character!r}, expected printable text")]
    return ([], problems) if problems else (documents, [])


def _refused_syntax(file: str, text: str) -> Iterator[Problem]:
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        line = _line(event)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            yield Problem(file, line, "found an anchor or alias, expected every value written out where it belongs")
        elif tag := getattr(event, "tag", None):
            yield Problem(file, line, f"found the tag {tag}, expected a plain value")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MOST_NESTED:
                yield Problem(file, line, f"found more than {MOST_NESTED} levels of nesting, expected at most that")
                return
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _line(thing: yaml.Event | yaml.Node) -> int:
    return thing.start_mark.line + 1 if thing.start_mark is not None else 1


class _Reader:
    """Turns one node tree into plain values and remembers the line of each."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[Path, int] = {}
        self.problems: list[Problem] = []

    def value(self, node: yaml.Node | None, path: Path) -> Any:
        if node is None:
            return None
        self.lines.setdefault(path, _line(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(child, (*path, index)) for index, child in enumerate(node.value)]
        assert isinstance(node, yaml.ScalarNode)  # noqa: S101 YAML knows no fourth node
        return self._scalar(node)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        content: dict[str, Any] = {}
        for key_node, child in node.value:
            key = key_node.value
            if not isinstance(key_node, yaml.ScalarNode):
                self._refuse(key_node, "found a list or mapping as a key, expected a word")
            elif key in content:
                first = self.lines[(*path, key)]
                self._refuse(key_node, f"found the key {key!r} again, expected it once; it stands on line {first} too")
            else:
                self.lines[(*path, key)] = _line(key_node)
                content[key] = self.value(child, (*path, key))
        return content

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        text, tag = node.value, node.tag.removeprefix(_PREFIX)
        if any(unicodedata.category(character) in ("Cc", "Cs") and character not in "\n\t" for character in text):
            self._refuse(node, f"found the control character in {text!r}, expected printable text")
            return None
        if node.style or tag in ("str", "timestamp", "value", "merge"):
            return text
        if tag == "null":
            return None
        if tag == "bool":
            if text in ("true", "false"):
                return text == "true"
            self._refuse(node, f"found bare {text}, expected true or false; quote it if it is meant as text")
            return None
        number = parse_number(text)
        if not isinstance(number, Decimal) or _LEADING_ZERO.match(text):
            wanted = "a decimal of at most 30 digits such as 0.1 or 12"
            self._refuse(node, f"found {text}, expected {wanted}; quote it if it is meant as text")
            return None
        return int(text) if _WHOLE.fullmatch(text) else number

    def _refuse(self, node: yaml.Node, text: str) -> None:
        self.problems.append(Problem(self.file, _line(node), text))
