"""Checks a certificate of Interlock without Interlock: Python 3.11 or newer and the package `cryptography`.

    python check_certificate.py KEY.pem TEXT                        what the QR code carries, or its address
    python check_certificate.py KEY.pem --record FILE.json          the signed record that comes with the paper
    python check_certificate.py KEY.pem --record FILE.json --pdf FILE.pdf

KEY.pem holds the plant's public keys, got from the plant itself and never together with the paper. "Genuine" says that
the plant issued this paper with these contents. Whether it is still valid only the plant can tell: ask its page.

Ends with 0 if genuine, 1 if not, 2 where nothing could be checked.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

FORMAT: Final = "interlock-certificate/1"
VERSION: Final = 1
KINDS: Final = {1: "vehicle", 2: "batch"}
# What is signed begins with what it is, so that no signature of another thing can be passed off as one of these.
CODE_CONTEXT: Final = b"interlock certificate code 1\n"
RECORD_CONTEXT: Final = b"interlock certificate record 1\n"
NUMBER_BYTES: Final = 10
PREFIX_BYTES: Final = 16
_HEAD: Final = 2 + NUMBER_BYTES + 5 + PREFIX_BYTES + 8 + 1
_SIGNATURE: Final = 64
_MOST: Final = 1000
_PEM: Final = re.compile(rb"-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----\s*", re.S)
_SIGNED: Final = ("format", "number", "kind", "subject", "issued_at", "content_sha256", "pdf_sha256", "key_id")


class NotGenuine(Exception):
    """What was shown is not what the plant signed. `name` says which part refuses it."""

    def __init__(self, name: str, words: str) -> None:
        self.name = name
        super().__init__(words)


@dataclass(frozen=True)
class Code:
    """What a QR code says. `digest_prefix`: the first 32 hexadecimal digits of the SHA-256 of the contents."""

    kind: str
    number: str
    subject: str
    issued_at: datetime
    digest_prefix: str
    key_id: str


def number_text(raw: bytes) -> str:
    return base64.b32encode(raw).decode()


def write_code(code: Code, sign: Callable[[bytes], bytes]) -> str:
    """The text of a QR code, signed: capital letters and digits from 2 to 7."""
    subject = code.subject.encode()
    kind = next(byte for byte, name in KINDS.items() if name == code.kind)
    said = b"".join(
        (
            bytes((VERSION, kind)),
            base64.b32decode(code.number),
            int(code.issued_at.timestamp()).to_bytes(5, "big"),
            bytes.fromhex(code.digest_prefix),
            bytes.fromhex(code.key_id),
            bytes((len(subject),)),
            subject,
        )
    )
    return base64.b32encode(said + sign(CODE_CONTEXT + said)).decode().rstrip("=")


def code_in(text: str) -> str:
    """The code in what was scanned: the last part of an address, or all of it."""
    return text.strip().rpartition("/")[2]


def read_code(text: str, keys: Mapping[str, Ed25519PublicKey]) -> Code:
    """What a code says, once its signature holds. Raises NotGenuine: `not_a_code`, `unknown_key` or `altered_code`."""
    raw = _raw(code_in(text))
    said, signature = raw[:-_SIGNATURE], raw[-_SIGNATURE:]
    at = 2 + NUMBER_BYTES
    key_id = said[at + 5 + PREFIX_BYTES : at + 13 + PREFIX_BYTES].hex()
    if key_id not in keys:
        raise NotGenuine("unknown_key", f"It names the key {key_id}, which is none of the plant's keys at hand.")
    try:
        keys[key_id].verify(signature, CODE_CONTEXT + said)
    except InvalidSignature as error:
        raise NotGenuine("altered_code", "The code is not as the plant signed it.") from error
    return Code(
        kind=KINDS[said[1]],
        number=number_text(said[2:at]),
        subject=said[_HEAD:].decode(),
        issued_at=datetime.fromtimestamp(int.from_bytes(said[at : at + 5], "big"), UTC),
        digest_prefix=said[at + 5 : at + 5 + PREFIX_BYTES].hex(),
        key_id=key_id,
    )


def claimed_number(text: str) -> str:
    """The number that a code claims, whoever signed it: to be looked up, never to be believed. Raises NotGenuine."""
    return number_text(_raw(code_in(text))[2 : 2 + NUMBER_BYTES])


def _raw(text: str) -> bytes:
    refused = NotGenuine("not_a_code", "This is not the code of a certificate, or a part of it is missing.")
    try:
        raw = base64.b32decode(text + "=" * (-len(text) % 8)) if len(text) <= _MOST else b""
    except (binascii.Error, ValueError) as error:
        raise refused from error
    if len(raw) < _HEAD + _SIGNATURE or raw[0] != VERSION or raw[1] not in KINDS:
        raise refused
    # One paper has one text: what differs in bits that mean nothing is refused too.
    if len(raw) != _HEAD + raw[_HEAD - 1] + _SIGNATURE or base64.b32encode(raw).decode().rstrip("=") != text:
        raise refused
    return raw


def statement_of(record: Mapping[str, Any]) -> bytes:
    """The bytes that the signature of a record stands under."""
    said = {name: record[name] for name in _SIGNED}
    return RECORD_CONTEXT + json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def read_record(record: Any, keys: Mapping[str, Ed25519PublicKey], pdf: bytes | None = None) -> Code:
    """Check a signed record, its contents, its code and, where it is given, the paper itself.

    Raises NotGenuine: `not_a_record`, `unknown_key`, `altered_record`, `altered_content`, `altered_code`,
    `another_code` or `altered_pdf`, besides those of `read_code`.
    """
    _shaped(record)
    if record["key_id"] not in keys:
        raise NotGenuine("unknown_key", f"It names the key {record['key_id']}, which is none of the keys at hand.")
    try:
        keys[record["key_id"]].verify(bytes.fromhex(record["signature"]), statement_of(record))
    except (InvalidSignature, ValueError) as error:
        raise NotGenuine("altered_record", "The record is not as the plant signed it.") from error
    if sha256(record["content"].encode()).hexdigest() != record["content_sha256"]:
        raise NotGenuine("altered_content", "The contents are not those that the plant signed.")
    code = read_code(record["code"], keys)
    said = (code.number, code.kind, code.subject, code.digest_prefix, code.key_id)
    wanted = tuple(record[name] for name in ("number", "kind", "subject", "content_sha256", "key_id"))
    if said != (*wanted[:3], wanted[3][: 2 * PREFIX_BYTES], wanted[4]):
        raise NotGenuine("another_code", "The code belongs to another paper.")
    if pdf is not None and sha256(pdf).hexdigest() != record["pdf_sha256"]:
        raise NotGenuine("altered_pdf", "The PDF is not the one that the plant issued.")
    return code


def _shaped(record: Any) -> None:
    names = (*_SIGNED, "content", "code", "signature")
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise NotGenuine("not_a_record", f"This is no signed record of the format {FORMAT}.")
    if set(record) != set(names) or not all(isinstance(record[name], str) for name in names):
        raise NotGenuine("not_a_record", f"A signed record has these parts, each a text: {', '.join(names)}.")


def read_keys(pem: bytes) -> dict[str, Ed25519PublicKey]:
    """Public keys by their id. Raises ValueError where there is none, or one is of another kind."""
    keys = {}
    for block in _PEM.findall(pem):
        key = load_pem_public_key(block)
        if not isinstance(key, Ed25519PublicKey):
            raise ValueError("a public key, but not an Ed25519 one")
        raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
        keys[sha256(raw).hexdigest()[:16]] = key
    if not keys:
        raise ValueError("no public key in PEM (-----BEGIN PUBLIC KEY-----)")
    return keys


def _check(arguments: argparse.Namespace) -> Code:
    keys = read_keys(Path(arguments.key).read_bytes())
    if arguments.record is None:
        return read_code(arguments.text, keys)
    pdf = None if arguments.pdf is None else Path(arguments.pdf).read_bytes()
    return read_record(json.loads(Path(arguments.record).read_bytes()), keys, pdf)


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Checks a certificate of Interlock without Interlock.")
    parser.add_argument("key", help="file with the plant's public keys, PEM")
    parser.add_argument("text", nargs="?", help="what the QR code carries")
    parser.add_argument("--record", help="the signed record, JSON")
    parser.add_argument("--pdf", help="the paper, checked with --record")
    arguments = parser.parse_args(words)
    if (arguments.text is None) == (arguments.record is None) or (arguments.pdf and arguments.record is None):
        parser.error("give either the text of the code, or --record, with --pdf if you like")
    try:
        code = _check(arguments)
    except NotGenuine as refusal:
        sys.stdout.write(f"NOT GENUINE ({refusal.name}): {refusal}\n")
        return 1
    except (OSError, ValueError) as error:
        sys.stderr.write(f"Nothing was checked: {error}\n")
        return 2
    sys.stdout.write(
        f"GENUINE: {code.kind} {code.subject}, certificate {code.number}, issued {code.issued_at.isoformat()}.\n"
        "Whether it is still valid only the plant can tell.\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
