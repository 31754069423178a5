"""XML read for a record: in a stream and bounded, faults refused, nothing fetched."""

import gc
import io
import tracemalloc
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.adapters.canonical import AdapterError, ParseContext
from inspections.adapters.strict_xml import (
    XSI_TYPE,
    Closed,
    Opened,
    local_name,
    read_attribute,
    read_child_text,
    read_xml,
)

NESTED = b"""<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="C:\\Styles\\x.xsl"?>
<r:Reports xmlns:r="urn:r" xmlns:x="urn:x" x:batch="7"><!-- two -->
<r:Report id="1"><x:Value unit="V">4.2<More>a</More></x:Value></r:Report>
<r:Report id="2"/>
</r:Reports>"""


def told(data, opened=("Reports",), context=None, **bounds):
    """The events, put down before the elements are dropped."""
    found = []
    for event in read_xml(io.BytesIO(data), context or ParseContext(), opened=opened, **bounds):
        if isinstance(event, Opened):
            found.append(("opened", event.name, event.namespace, dict(event.attributes)))
        elif isinstance(event, Closed):
            found.append(("closed", event.name))
        else:
            found.append((event.tag, dict(event.attrib), [(part.tag, part.text) for part in event]))
    return found


def refusal(data, **bounds):
    with pytest.raises(AdapterError) as refused:
        told(data, **bounds)
    return str(refused.value)


def test_containers_are_opened_and_closed_and_what_is_in_them_comes_whole():
    assert told(NESTED) == [
        ("opened", "Reports", "urn:r", {"{urn:x}batch": "7"}),
        ("Report", {"id": "1"}, [("Value", "4.2")]),
        ("Report", {"id": "2"}, []),
        ("closed", "Reports"),
    ]


def test_containers_within_containers():
    assert told(NESTED, ("Reports", "Report")) == [
        ("opened", "Reports", "urn:r", {"{urn:x}batch": "7"}),
        ("opened", "Report", "urn:r", {"id": "1"}),
        ("Value", {"unit": "V"}, [("More", "a")]),
        ("closed", "Report"),
        ("opened", "Report", "urn:r", {"id": "2"}),
        ("closed", "Report"),
        ("closed", "Reports"),
    ]


def test_a_root_that_is_no_container_comes_whole():
    data = b"<x:a xmlns:x='urn:x' x:b='7'><x:c>1</x:c></x:a>"
    assert told(data) == [("a", {"{urn:x}b": "7"}, [("c", "1")])]


def test_attributes_and_texts_are_read_trimmed_and_bounded():
    seen = []
    for event in read_xml(io.BytesIO(NESTED), ParseContext(), opened=("Reports", "Report")):
        if not isinstance(event, Opened | Closed):
            seen.append(read_attribute(event, "unit", "/Value"))
            seen.append(read_attribute(event, "absent", "/Value"))
            seen.append(read_child_text(event, "More", "/Value"))
            seen.append(read_child_text(event, "Less", "/Value"))
            with pytest.raises(AdapterError, match="/Value/@unit: found 1 characters, expected at most 0"):
                read_attribute(event, "unit", "/Value", 0)
    assert seen == ["V", None, "a", None]


def test_names():
    assert local_name("{urn:x}Value") == "Value"
    assert local_name("Value") == "Value"
    assert local_name(XSI_TYPE) == "type"


@pytest.mark.parametrize(
    "encoding, prolog",
    [
        ("utf-8", ""), ("utf-8-sig", ""), ("utf-8", '<?xml version="1.0" encoding="UTF-8"?>'), ("utf-16", ""),
        ("utf-16", '<?xml version="1.0" encoding="utf-16"?>'), ("utf-16-le", "<?xml version='1.0'?>"),
        ("iso-8859-1", "<?xml version='1.0' encoding='iso-8859-1' ?>"),
        ("cp1252", '<?xml version="1.0" encoding="windows-1252"?>'),
    ],
)  # fmt: skip
def test_encodings_that_the_document_states(encoding, prolog):
    data = f"{prolog}<Reports><R><V>Prüfstand µΩ ÿ</V></R></Reports>".replace("Ω", "O").encode(encoding)
    assert told(data)[1] == ("R", {}, [("V", "Prüfstand µO ÿ")])


@pytest.mark.parametrize("encoding", ["gb2312", "gbk", "gb18030", "big5"])
def test_chinese_encodings(encoding):
    data = f'<?xml version="1.0" encoding="{encoding}"?><Reports><R><V>中文</V></R></Reports>'.encode(encoding)
    assert told(data)[1] == ("R", {}, [("V", "中文")])


def test_the_context_states_the_encoding_where_the_document_does_not():
    data = "<Reports><R><V>Prüfstand</V></R></Reports>".encode("cp1252")
    assert told(data, context=ParseContext(encoding="cp1252"))[1] == ("R", {}, [("V", "Prüfstand")])
    assert refusal(data).startswith("line 1 column 18: found broken XML (not well-formed (invalid token))")


@pytest.mark.parametrize("name", ["utf-7", "zlib", "unicode_escape", "rot13", "none-such", "idna", "undefined"])
def test_an_unknown_encoding_is_refused(name):
    message = refusal(f'<?xml version="1.0" encoding="{name}"?><Reports/>'.encode())
    assert (
        message == f"line 1: found the encoding '{name}', expected UTF-8, UTF-16, ISO-8859-1 or another known encoding"
    )


@pytest.mark.parametrize("name", ["utf-tf-8", "gb18030", "rot13", "undefined", "utf-7", "unicode_escape", "idna"])
def test_another_encoding_than_that_of_the_byte_order_mark_is_refused(name):
    document = f'<?xml version="1.0" encoding="{name}"?><Reports/>'
    for codec in ("utf-8-sig", "utf-16"):
        assert refusal(document.encode(codec)).startswith("line 1")


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE Reports [<!ENTITY a "b">]>',
        '<!DOCTYPE Reports [<!ENTITY a "xxxxxxxxxx"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>',
        '<!DOCTYPE Reports SYSTEM "file:///etc/hostname">',
        '<!DOCTYPE Reports PUBLIC "-//x//" "http://127.0.0.1:9/x.dtd">',
        '<!DOCTYPE Reports [<!ENTITY a SYSTEM "file:///etc/hostname">]>',
        "<!DOCTYPE Reports [<!ENTITY % p SYSTEM 'file:///etc/hostname'> %p;]>",
        f"<!-- {'x' * 100_000} --><!DOCTYPE Reports>",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_document_types_are_refused(doctype, encoding):
    message = refusal(f"<?xml version='1.0'?>{doctype}<Reports><R>&a;&c;</R></Reports>".encode(encoding))
    assert "found a document type (DOCTYPE 'Reports'), expected a document without one" in message


@pytest.mark.parametrize(
    "data, found",
    [
        (b"", "no element found"),
        (b"   ", "no element found"),
        (b"<Reports>", "no element found"),
        (b"<Reports></Report>", "mismatched tag"),
        (b"<Reports/><Reports/>", "junk after document element"),
        (b"<Reports><!DOCTYPE a></Reports>", "not well-formed (invalid token)"),
        (b"<Reports>&a;</Reports>", "undefined entity"),
        (b"<Reports>&#0;</Reports>", "reference to invalid character number"),
        (b"<Reports>\0</Reports>", "not well-formed (invalid token)"),
        (b"<Reports a='1' a='2'/>", "duplicate attribute"),
        (b"<a:Reports/>", "unbound prefix"),
        ("<Reports>ü</Reports>".encode("latin-1"), "not well-formed (invalid token)"),
        (b'<?xml version="1.0" encoding="utf-16"?><Reports/>', "encoding specified in XML declaration is incorrect"),
        (b"\xef\xbb\xbf\xef\xbb\xbf<Reports/>", "not well-formed (invalid token)"),
    ],
)
def test_broken_documents_are_refused(data, found):
    assert f"found broken XML ({found}), expected one complete XML document" in refusal(data)


def test_bytes_of_another_encoding_than_stated_are_refused():
    data = b'<?xml version="1.0" encoding="gb2312"?><Reports>\xff\xff</Reports>'
    assert refusal(data) == "about byte 0: found bytes that are not gb2312, expected gb2312 text"


def test_bounds_are_kept():
    deep = "found elements nested deeper than 100"
    assert deep in refusal(b"<a>" * 200)
    assert deep in refusal(b"<a>" * 200, opened=("a",))
    assert deep in refusal(b"<Reports>" + b"<a>" * 2_000_000)
    assert deep in refusal(b"<Reports>" + b"<a>" * 200 + b"</a>" * 200 + b"</Reports>")
    large = "/Reports: found an element or text of more than 6291456 bytes, expected smaller ones"
    assert refusal(b"<Reports><a>" + b"x" * 9_000_000) == large
    assert refusal(b"<Reports>" + b"x" * 9_000_000) == large
    assert refusal(b"<Reports><a " + b"x='y' " * 2_000_000) == large
    assert refusal(b"<Reports><a>" + b"<b/>" * 3_000_000) == large
    assert "found 1048576 bytes before any element" in refusal(b"<!--" + b"x" * 2_000_000)
    many = b"<Reports><a>" + b"<b>xxxxxxxxxxxx</b>" * 10_000 + b"</a></Reports>"
    assert "an element or text of more than 100000 bytes" in refusal(many, most_bytes=100_000)
    names = b"".join(b"<n%d m%d=''/>" % (number, number) for number in range(6000))
    assert "found more than 10000 names" in refusal(b"<Reports>" + names.replace(b"m", b"n6") + b"</Reports>")
    assert "found more than 10000 names" in refusal(b"<Reports><a>" + names + b"</a></Reports>")
    short = ParseContext(max_bytes=100)
    assert refusal(NESTED, context=short) == "file: found more than 100 bytes, expected at most 100 bytes"


class Endless(io.RawIOBase):
    """A document of so many reports, made as it is read."""

    def __init__(self, count):
        self.left, self.begun = count, False

    def read(self, size=-1):
        if not self.begun:
            self.begun = True
            return b"<Reports>"
        if self.left == 0:
            self.left = -1
            return b"</Reports>"
        if self.left < 0:
            return b""
        now = min(self.left, 200)
        self.left -= now
        return b"<Report id='1'><Value unit='V'>4.2000</Value><Value unit='V'>4.2000</Value></Report>\n" * now


def test_memory_does_not_grow_with_the_document():
    def peak(count):
        gc.collect()
        tracemalloc.start()
        seen = sum(1 for _ in read_xml(Endless(count), ParseContext(max_bytes=10**9), opened=("Reports",)))
        assert seen == count + 2
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(20_000) < peak(2_000) + 200_000


@given(st.integers(0, len(NESTED) - 1))
def test_a_document_cut_off_is_refused(length):
    assert "found broken XML" in refusal(NESTED[:length])


@given(st.binary(max_size=100), st.integers(0, len(NESTED)), st.integers(0, 20))
def test_any_bytes_are_read_or_refused(noise, where, cut):
    with suppress(AdapterError):
        told(NESTED[:where] + noise + NESTED[where + cut :])
    with suppress(AdapterError):
        told(noise)
