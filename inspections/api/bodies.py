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
_PIECE: Final = 64 * 1024


class BodyNotTaken(Refused):
    """A body refused before anybody read it, for whoever keeps it: `sent` is as much of it as was read, `readable`
    what may be looked through for names, unpacked as far as it went."""

    sent: bytes = b""
    readable: bytes = b""
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
        # Without its zero bytes, text in UTF-16 is text in ASCII as far as names go.
        refusal.readable = (refusal.readable or refusal.sent).replace(b"\0", b"")
        refusal.media_type = request.META.get("CONTENT_TYPE", "")[:120]
        raise


def unpack(packed: bytes, most: int = MOST_BYTES) -> bytes:
    """Gunzip, all members, never making more than `most` bytes. Raises BodyNotTaken (400, 413) carrying `packed`.

    Goes piece by piece, so that of a damaged stream everything before the damage can be looked through.
    """
    parts: list[bytes] = []
    room, members, stream = most, 0, None
    for start in range(0, len(packed), _PIECE):
        piece = packed[start : start + _PIECE]
        while piece:
            if stream is None:
                stream, members = zlib.decompressobj(_GZIP_WINDOW), members + 1
            if members > _MOST_MEMBERS:
                detail = f"The gzip stream has more than {_MOST_MEMBERS} members."
                raise _damaged(packed, parts, detail)
            try:
                parts.append(stream.decompress(piece, room + 1))
            except zlib.error as error:
                raise _damaged(packed, parts, "The body is said to be gzip and is not, or is damaged.") from error
            room -= len(parts[-1])
            if room < 0:
                raise _of(packed, parts, 413, "body_too_large", f"Unpacked, the body has more than {most} bytes.")
            piece = stream.unused_data
            stream = None if stream.eof else stream
    if stream is not None:
        raise _damaged(packed, parts, "The gzip stream ends in the middle.")
    return b"".join(parts)


def _damaged(packed: bytes, parts: list[bytes], detail: str) -> BodyNotTaken:
    return _of(packed, parts, 400, "malformed_body", detail)


def _of(packed: bytes, parts: list[bytes], status: int, code: str, detail: str) -> BodyNotTaken:
    refusal = BodyNotTaken(status, code, detail, [FieldError("", code, detail)] if status == 400 else ())
    refusal.sent, refusal.readable = packed, b"".join(parts)
    return refusal


def _read(request: HttpRequest) -> bytes:
    try:
        return request.read(MOST_BYTES)
    except UnreadablePostError:
        return b""
