"""Reading a body within bounds: its type, its encoding, its size as sent and once unpacked."""

from __future__ import annotations

import zlib
from collections.abc import Collection
from typing import Final

from django.http import HttpRequest
from django.http.request import UnreadablePostError
from django.utils.http import parse_header_parameters

from ..results.refusals import FieldError
from .problems import Refused

MOST_BYTES: Final = 16 * 1024 * 1024
"""The largest body of JSON, as sent and once unpacked."""

JSON: Final = "application/json"
NDJSON: Final = "application/x-ndjson"
_UTF_8: Final = frozenset({"", "utf-8", "utf8"})
_GZIP_WINDOW: Final = 16 + zlib.MAX_WBITS
# What follows a member is copied for each: a body of empty members would cost the square of its length.
_MOST_MEMBERS: Final = 100


class BodyNotTaken(Refused):
    """A body refused before anybody read it. `sent` is as much of it as was read, for whoever keeps it."""

    sent: bytes = b""
    media_type: str = ""


def media_type_of(request: HttpRequest, accepted: Collection[str]) -> str:
    """The body's media type, one of `accepted`. Raises BodyNotTaken: 415, or 400 for a charset other than UTF-8."""
    written = request.META.get("CONTENT_TYPE", "")
    media_type, parameters = parse_header_parameters(written)
    if media_type not in accepted:
        raise BodyNotTaken(
            415,
            "unsupported_media_type",
            f"The Content-Type is {written[:120]!r}; expected {' or '.join(sorted(accepted))}.",
            headers={"Accept-Post": ", ".join(sorted(accepted))},
        )
    charset = parameters.get("charset", "").lower()
    if charset not in _UTF_8:
        detail = f"The body is said to be {charset[:40]!r}; JSON is sent as UTF-8."
        raise BodyNotTaken(400, "malformed_body", detail, [FieldError("", "wrong_charset", detail)])
    return media_type


def check_length(request: HttpRequest, most: int) -> None:
    """Raises BodyNotTaken: 411 for a body of unstated length, 413 for one longer than `most` bytes."""
    if "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
        raise BodyNotTaken(411, "length_required", "The body was sent in chunks; send it with Content-Length.")
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdigit()):
        raise BodyNotTaken(400, "malformed_body", "Content-Length is not a number of bytes.")
    if int(length) > most:
        raise BodyNotTaken(413, "body_too_large", f"The body has {int(length)} bytes; at most {most} are taken.")


def read_body(request: HttpRequest, *, accepted: Collection[str], gzip: bool = False) -> tuple[str, bytes]:
    """The media type and the bytes of a body, unpacked where it was packed.

    Raises BodyNotTaken with status 400, 411, 413 or 415; it carries what was sent, at most MOST_BYTES of it.
    """
    try:
        media_type = media_type_of(request, accepted)
        encoding = request.META.get("HTTP_CONTENT_ENCODING", "").strip().lower()
        if encoding not in ({"", "identity", "gzip"} if gzip else {"", "identity"}):
            raise BodyNotTaken(
                415,
                "unsupported_media_type",
                f"The Content-Encoding is {encoding[:40]!r}; expected {'gzip or ' if gzip else ''}none.",
                headers={"Accept-Encoding": "gzip" if gzip else "identity"},
            )
        check_length(request, MOST_BYTES)
        sent = _read(request)
        return media_type, unpack(sent) if encoding == "gzip" else sent
    except BodyNotTaken as refusal:
        refusal.sent = refusal.sent or _read(request)
        refusal.media_type = request.META.get("CONTENT_TYPE", "")[:120]
        raise


def unpack(packed: bytes, most: int = MOST_BYTES) -> bytes:
    """Gunzip, all members, never making more than `most` bytes. Raises BodyNotTaken (400, 413) carrying `packed`."""
    parts: list[bytes] = []
    left, room = packed, most
    try:
        while left:
            if len(parts) == _MOST_MEMBERS:
                raise _of(packed, 400, "malformed_body", f"The gzip stream has more than {_MOST_MEMBERS} members.")
            stream = zlib.decompressobj(_GZIP_WINDOW)
            parts.append(stream.decompress(left, room + 1))
            room -= len(parts[-1])
            if room < 0:
                raise _of(packed, 413, "body_too_large", f"Unpacked, the body has more than {most} bytes.")
            if not stream.eof:
                raise _of(packed, 400, "malformed_body", "The gzip stream ends in the middle.")
            left = stream.unused_data
    except zlib.error as error:
        raise _of(packed, 400, "malformed_body", "The body is said to be gzip and is not.") from error
    return b"".join(parts)


def _of(packed: bytes, status: int, code: str, detail: str) -> BodyNotTaken:
    refusal = BodyNotTaken(status, code, detail, [FieldError("", code, detail)] if status == 400 else ())
    refusal.sent = packed
    return refusal


def _read(request: HttpRequest) -> bytes:
    try:
        return request.read(MOST_BYTES)
    except UnreadablePostError:
        return b""
