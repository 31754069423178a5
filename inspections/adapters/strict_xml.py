"""XML as a record must be read: in a stream, bounded, without document types, entities or anything fetched.

A reader names the elements that it wants opened, the containers; every other element beneath them is handed over
whole when it ends, and is dropped from memory when the reader asks for the next. Names are local names: what prefix or
namespace a producer chose says nothing. Processing instructions (style sheets) and comments are passed over.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO
from xml.etree.ElementTree import Element, ParseError, SubElement, TreeBuilder, XMLParser
from xml.parsers import expat

from .canonical import AdapterError, ParseContext
from .strict_json import shown

XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"

_CHUNK = 32 * 1024
_DEEPEST = 100
_MOST_NAMES = 10_000
_LONGEST_PROLOG = 1024 * 1024

_DECLARED = re.compile(rb"<\?xml\s[^>]*?\sencoding\s*=\s*[\"']([A-Za-z0-9._:-]+)[\"']")
_NATIVE = frozenset(["utf-8", "utf-16", "utf-16-le", "utf-16-be", "iso8859-1", "ascii"])
_RECODED = re.compile(r"cp\d+|iso8859-\d+|gbk|gb2312|gb18030|big5(hkscs)?|shift_jis|euc_(jp|kr)|koi8-[ru]|mac-roman")
_UTF_16 = ("utf-16", "utf-16-le", "utf-16-be")
_MARKS = (
    (codecs.BOM_UTF8, ("utf-8", "utf-8-sig")),
    (codecs.BOM_UTF16_LE, _UTF_16), (codecs.BOM_UTF16_BE, _UTF_16), (b"<\0", _UTF_16), (b"\0<", _UTF_16),
)  # fmt: skip
"""What a document begins with that says its encoding, and the encodings that it may declare then."""
_BLANKS = b" \t\r\n\xef\xbb\xbf\xfe\xff"


@dataclass(frozen=True, slots=True)
class Opened:
    """A container began. `attributes` as written, those with a prefix by `{namespace}name`."""

    name: str
    namespace: str
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Closed:
    """A container ended: the one opened last."""

    name: str


def read_xml(
    stream: BinaryIO,
    context: ParseContext,
    *,
    opened: Collection[str],
    most_bytes: int = 6 * 1024 * 1024,
    know: Callable[[Element, int], bool] = lambda element, depth: False,
) -> Iterator[Opened | Closed | Element]:
    """The document in `stream`, event by event. Elements handed over have local names, theirs and those beneath.

    `opened` names the containers. No element handed over has more than about `most_bytes` bytes. `know` is asked first
    of each, with its depth, its names not yet local: what it says to know by all that is in it is not handed over.
    Raises AdapterError for a longer file than the context allows, a document type, broken or cut off XML, an encoding
    that is none or another than stated, and elements nested deeper than 100.
    """
    chunks = _read_chunks(stream, context.max_bytes)
    first = next(chunks, b"")
    encoding, chunks = _recode(first, chain((first,), chunks), context.encoding)
    # The parser written in C is the fast one and would take a document type, which can stand before the root alone.
    chunks = chain(_refuse_document_type(chunks, encoding), chunks)
    builder = TreeBuilder()
    document = builder.start("", {})
    parser = XMLParser(target=builder, encoding=encoding)  # noqa: S314 document types are refused above
    walk = _Walk(frozenset(opened), document, know)
    held = 0
    try:
        for chunk in chunks:
            parser.feed(chunk)
            held += len(chunk)
            for event in walk.read():
                held = 0
                yield event
            if held > most_bytes:
                raise AdapterError(walk.place(), f"an element or text of more than {most_bytes} bytes", "smaller ones")
        parser.close()
        yield from walk.finish()
    except ParseError as error:
        raise _broken(error.code, *error.position) from error
    except (LookupError, ValueError) as error:
        raise _unknown_encoding(str(error)) from error


def read_attribute(element: Element, name: str, place: str, longest: int = 200) -> str | None:
    """An attribute without blanks around it; None where absent or blank. Raises AdapterError for a longer one."""
    return _bounded(element.get(name), f"{place}/@{name}", longest)


def read_child_text(element: Element, path: str, place: str, longest: int = 200) -> str | None:
    """The text of the first element at `path` below `element`, without blanks around it; None where absent or blank.

    Raises AdapterError for a longer one.
    """
    return _bounded(element.findtext(path), f"{place}/{path}", longest)


def local_name(tag: str) -> str:
    """`tag` without its namespace."""
    return tag.rpartition("}")[2]


def _bounded(text: str | None, place: str, longest: int) -> str | None:
    text = text.strip() if text else None
    if text and len(text) > longest:
        raise AdapterError(place, f"{len(text)} characters", f"at most {longest} characters")
    return text or None


class _Walk:
    """Follows the tree as it grows, from outside: a call for every element would cost more than the parsing.

    An element is complete when one came after it, or after an element around it.
    """

    def __init__(self, opened: frozenset[str], document: Element, know: Callable[[Element, int], bool]) -> None:
        self.opened, self.know = opened, know
        self.path = [document]
        self.names: dict[str, str] = {}

    def read(self) -> Iterator[Opened | Closed | Element]:
        """What began and what is complete by now; it is taken out of the tree."""
        while True:
            container = self.path[-1]
            is_complete = any(len(above) > 1 for above in self.path[:-1])
            complete = len(container) if is_complete else len(container) - 1
            done, begun = 0, None
            for element in container[:]:
                if done < complete and self.know(element, len(self.path)):
                    done += 1
                    continue
                namespace = self._shorten(element)
                if element.tag in self.opened:
                    begun = Opened(element.tag, namespace, dict(element.items()))
                if begun or done >= complete:
                    break
                self._shorten_below(element, len(self.path))
                yield element
                done += 1
            del container[:done]
            if begun:
                self._check_depth(container)
                self.path.append(container[0])
                yield begun
            elif is_complete:
                self.path.pop()
                del self.path[-1][0]
                yield Closed(container.tag)
            else:
                self._check_depth(container)
                return

    def finish(self) -> Iterator[Opened | Closed | Element]:
        """The rest, at the end of the document: all of it is complete."""
        SubElement(self.path[0], "")
        return self.read()

    def place(self) -> str:
        return "/" + "/".join(container.tag for container in self.path[1:])

    def _shorten_below(self, element: Element, depth: int) -> None:
        if depth > _DEEPEST:
            raise self._too_deep()
        names = self.names
        for part in element:
            tag = part.tag
            part.tag = names.get(tag) or self._learn(tag)
            for name in part.keys():  # noqa: SIM118
                if name not in names:
                    self._learn(name)
            if len(part):
                self._shorten_below(part, depth + 1)

    def _shorten(self, element: Element) -> str:
        """Gives the element its local name and returns its namespace."""
        tag = element.tag
        element.tag = self.names.get(tag) or self._learn(tag)
        for name in element.keys():  # noqa: SIM118 an element is a sequence of elements
            if name not in self.names:
                self._learn(name)
        return tag[1:].partition("}")[0] if tag.startswith("{") else ""

    def _learn(self, name: str) -> str:
        """The local name. Names made up without end would fill the memory of a parser, which forgets none."""
        if len(self.names) >= _MOST_NAMES:
            raise AdapterError(self.place(), f"more than {_MOST_NAMES} names of elements and attributes", "fewer")
        return self.names.setdefault(name, local_name(name))

    def _check_depth(self, element: Element) -> None:
        depth = len(self.path)
        while len(element):
            element = element[-1]
            depth += 1
            if depth > _DEEPEST:
                raise self._too_deep()

    def _too_deep(self) -> AdapterError:
        return AdapterError(self.place(), f"elements nested deeper than {_DEEPEST}", "a report of ordinary depth")


def _read_chunks(stream: BinaryIO, max_bytes: int) -> Iterator[bytes]:
    left = max_bytes
    while chunk := stream.read(_CHUNK):
        left -= len(chunk)
        if left < 0:
            raise AdapterError("file", f"more than {max_bytes} bytes", f"at most {max_bytes} bytes")
        yield chunk


def _recode(first: bytes, chunks: Iterator[bytes], stated: str | None) -> tuple[str | None, Iterator[bytes]]:
    """The encoding that the parser must be told, and the chunks, in UTF-8 where it cannot read the document's own."""
    marked = next((allowed for mark, allowed in _MARKS if first.startswith(mark)), None)
    head = first.replace(b"\0", b"") if marked else first
    declared = _DECLARED.match(head.lstrip(_BLANKS)[:1000])
    name = declared[1].decode() if declared else None if marked else stated
    if name is None:
        return None, chunks
    try:
        codec = codecs.lookup(name).name
    except LookupError:
        codec = ""
    if marked:
        if codec not in marked:
            raise _unknown_encoding(f"the encoding {shown(name)} after a mark of {marked[0]}")
        return None, chunks
    if declared and codec in _NATIVE:
        return None, chunks
    if codec not in _NATIVE and not _RECODED.fullmatch(codec):
        raise _unknown_encoding(f"the encoding {shown(name)}")
    return "utf-8", _decoded(chunks, codec)


def _decoded(chunks: Iterator[bytes], codec: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(codec)()
    read = 0
    try:
        for chunk in chunks:
            yield decoder.decode(chunk).encode()
            read += len(chunk)
        yield decoder.decode(b"", final=True).encode()
    except UnicodeError as error:
        raise AdapterError(f"about byte {read}", f"bytes that are not {codec}", f"{codec} text") from error


def _refuse_document_type(chunks: Iterator[bytes], encoding: str | None) -> list[bytes]:
    """Reads up to the root element and gives back what was read. Raises AdapterError for a document type."""
    gate = expat.ParserCreate(encoding)
    begun: list[str] = []

    def refuse(name: str, *_: object) -> None:
        place = f"line {gate.CurrentLineNumber} column {gate.CurrentColumnNumber + 1}"
        raise AdapterError(place, f"a document type (DOCTYPE {shown(name)})", "a document without one")

    gate.StartDoctypeDeclHandler = refuse
    gate.StartElementHandler = lambda name, attributes: begun.append(name)
    held: list[bytes] = []
    try:
        for chunk in chunks:
            held.append(chunk)
            gate.Parse(chunk, False)
            if begun:
                return held
            if sum(map(len, held)) > _LONGEST_PROLOG:
                raise AdapterError("file", f"{_LONGEST_PROLOG} bytes before any element", "an XML document")
        gate.Parse(b"", True)
    except expat.ExpatError as error:
        raise _broken(error.code, error.lineno, error.offset) from error
    except (LookupError, ValueError) as error:
        raise _unknown_encoding(str(error)) from error
    return held


def _unknown_encoding(found: str) -> AdapterError:
    return AdapterError(
        "line 1", found[:200] or "an unknown encoding", "UTF-8, UTF-16, ISO-8859-1 or another known encoding"
    )


def _broken(code: int, line: int, column: int) -> AdapterError:
    found = f"broken XML ({expat.ErrorString(code)})"
    return AdapterError(f"line {line} column {column + 1}", found, "one complete XML document")
