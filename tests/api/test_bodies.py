"""Reading a body within bounds."""

import gzip
from io import BytesIO

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.test import RequestFactory

from inspections.api import bodies
from inspections.api.bodies import JSON, MOST_BYTES, NDJSON, BodyNotTaken, read_body, unpack


def request(body: bytes = b"{}", media_type: str = JSON, **headers: str) -> WSGIRequest:
    return RequestFactory().generic("POST", "/", body, content_type=media_type, **headers)


def refused(found: pytest.ExceptionInfo[BodyNotTaken]) -> tuple[int, str]:
    return found.value.problem.status, found.value.problem.code


def test_body_of_an_accepted_type_is_read_as_it_is():
    assert read_body(request(b'{"a": 1}'), accepted={JSON}) == (JSON, b'{"a": 1}')


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", "utf8", '"utf-8"'])
def test_body_said_to_be_utf_8_is_read(charset):
    assert read_body(request(b"[]", f"{JSON}; charset={charset}"), accepted={JSON}) == (JSON, b"[]")


@pytest.mark.parametrize("charset", ["utf-16", "latin-1", "gbk"])
def test_body_in_another_charset_is_refused_and_handed_on(charset):
    with pytest.raises(BodyNotTaken) as found:
        read_body(request(b"[1]", f"{JSON}; charset={charset}"), accepted={JSON})
    assert refused(found) == (400, "malformed_body")
    assert found.value.sent == b"[1]"
    assert found.value.problem.errors[0].code == "wrong_charset"


@pytest.mark.parametrize("media_type", ["", "text/plain", "application/xml", "application/jsonx"])
def test_body_of_another_type_is_refused_and_handed_on(media_type):
    with pytest.raises(BodyNotTaken) as found:
        read_body(request(b"hello", media_type), accepted={JSON, NDJSON})
    assert refused(found) == (415, "unsupported_media_type")
    assert found.value.problem.headers == {"Accept-Post": f"{JSON}, {NDJSON}"}
    assert found.value.sent == b"hello"


def test_body_in_chunks_is_refused_because_it_cannot_be_bounded():
    with pytest.raises(BodyNotTaken) as found:
        read_body(request(HTTP_TRANSFER_ENCODING="chunked"), accepted={JSON})
    assert refused(found) == (411, "length_required")


def test_body_longer_than_the_bound_is_refused_and_handed_on_up_to_the_bound(monkeypatch):
    monkeypatch.setattr(bodies, "MOST_BYTES", 10)
    with pytest.raises(BodyNotTaken) as found:
        read_body(request(b"x" * 11), accepted={JSON})
    assert refused(found) == (413, "body_too_large")
    assert found.value.sent == b"x" * 10


def test_gzip_is_unpacked_where_it_is_taken():
    packed = gzip.compress(b"[]", mtime=0) + gzip.compress(b" ")
    assert read_body(request(packed, HTTP_CONTENT_ENCODING="gzip"), accepted={JSON}, gzip=True) == (JSON, b"[] ")


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "gzip, gzip"])
def test_encoding_that_is_not_taken_is_refused(encoding):
    with pytest.raises(BodyNotTaken) as found:
        read_body(request(b"[]", HTTP_CONTENT_ENCODING=encoding), accepted={JSON}, gzip=False)
    assert refused(found) == (415, "unsupported_media_type")


def test_gzip_bomb_is_refused_without_being_unpacked_and_handed_on_as_it_was_sent():
    bomb = gzip.compress(b"\0" * (MOST_BYTES + 1))
    assert len(bomb) < 20_000
    with pytest.raises(BodyNotTaken) as found:
        read_body(request(bomb, HTTP_CONTENT_ENCODING="gzip"), accepted={JSON}, gzip=True)
    assert refused(found) == (413, "body_too_large")
    assert found.value.sent == bomb


def test_gzip_of_exactly_the_bound_is_taken():
    assert unpack(gzip.compress(b"x" * 100, mtime=0), most=100) == b"x" * 100


def test_gzip_of_one_byte_more_than_the_bound_is_refused():
    with pytest.raises(BodyNotTaken) as found:
        unpack(gzip.compress(b"x" * 101, mtime=0), most=100)
    assert refused(found) == (413, "body_too_large")


def test_bound_holds_over_all_members_of_a_gzip():
    with pytest.raises(BodyNotTaken) as found:
        unpack(gzip.compress(b"x" * 60, mtime=0) * 2, most=100)
    assert refused(found) == (413, "body_too_large")


PACKED = gzip.compress(b"[]", mtime=0)


@pytest.mark.parametrize(
    "packed",
    [b"not gzip", PACKED[:-4], PACKED + b"rest", gzip.compress(b"", mtime=0) * 101],
    ids=["not gzip", "cut", "followed", "many members"],
)
def test_damaged_gzip_is_refused_and_handed_on(packed):
    with pytest.raises(BodyNotTaken) as found:
        unpack(packed)
    assert refused(found) == (400, "malformed_body")
    assert found.value.sent == packed


def test_what_a_damaged_gzip_held_before_the_damage_can_be_looked_through():
    lines = b"".join(b'{"vin": "LSGPC52U6AF1%05d"}\n' % number for number in range(50_000))
    packed = bytearray(gzip.compress(lines, mtime=0))
    packed[-1000:-900] = b"\xff" * 100
    with pytest.raises(BodyNotTaken) as found:
        unpack(bytes(packed))
    assert refused(found) == (400, "malformed_body")
    assert lines.startswith(found.value.readable)
    assert len(found.value.readable) > len(lines) // 2


def test_body_in_utf_16_can_be_looked_through_for_names():
    with pytest.raises(BodyNotTaken) as found:
        read_body(request('{"vin": "A"}'.encode("utf-16-le"), f"{JSON}; charset=utf-16"), accepted={JSON})
    assert found.value.readable == b'{"vin": "A"}'


def test_connection_that_breaks_off_leaves_an_empty_body():
    class Broken(BytesIO):
        def read(self, *args):
            raise OSError("gone")

    broken = RequestFactory().post("/", b"{}", content_type="text/plain")
    broken._stream = Broken()
    with pytest.raises(BodyNotTaken) as found:
        read_body(broken, accepted={JSON})
    assert found.value.sent == b""
