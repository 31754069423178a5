"""What a paper is signed with: the code of its QR, the statement of its record, and the address that the code is put
behind."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings

from ..sealing.keys import SigningKey, key_ring
from ..sealing.queries import last_seal
from .check_certificate import (
    FORMAT,
    NUMBER_BYTES,
    PREFIX_BYTES,
    Code,
    NotGenuine,
    number_text,
    read_record,
    statement_of,
    write_code,
)
from .models import Certificate

PLACE: Final = "/C/"
"""Where the public page lies. In capitals, as the whole address is: a QR code of capitals is a third smaller."""


def new_number() -> str:
    """80 random bits: nobody finds the number of a paper that they have not seen."""
    return number_text(secrets.token_bytes(NUMBER_BYTES))


def code_of(*, kind: str, number: str, subject: str, issued_at: datetime, digest: str, key: SigningKey) -> str:
    """The signed text of the QR code."""
    said = Code(kind, number, subject, issued_at, digest[: 2 * PREFIX_BYTES], key.key_id)
    return write_code(said, key.sign)


def scanned_text(code: str) -> str:
    """What the QR code holds: the address of the public page with the code, or the code alone where no address of
    the site is known (`ADDRESS`)."""
    address = settings.SITE_ADDRESS.rstrip("/")
    if not address:
        return code
    scheme, _, rest = address.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme.upper()}://{host.upper()}{slash}{path}{PLACE}{code}"


def moment_text(moment: datetime) -> str:
    """A moment of a record: to the second, in UTC."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def checkpoint_told() -> dict[str, Any] | None:
    """The last checkpoint of the sealed record before the paper: what the paper rests on was there by then, or is in a
    later one. None where nothing is sealed yet. One query."""
    seal = last_seal()
    if seal is None:
        return None
    return {"number": seal.number, "sealed_at": seal.sealed_at.isoformat(), "root": bytes(seal.root).hex()}


def signature_of(record: Mapping[str, Any], key: SigningKey) -> str:
    return key.sign(statement_of(record)).hex()


def record_of(certificate: Certificate) -> dict[str, str]:
    """The signed record that goes with the paper, as the row holds it: checked anywhere with the public key."""
    return {
        "format": FORMAT,
        "number": certificate.number,
        "kind": certificate.kind,
        "subject": json.loads(certificate.content)["issue"]["subject"],
        "issued_at": moment_text(certificate.issued_at),
        "content_sha256": certificate.digest,
        "pdf_sha256": certificate.pdf_sha256,
        "key_id": certificate.key_id,
        "content": certificate.content,
        "code": certificate.code,
        "signature": certificate.signature,
    }


def public_keys() -> dict[str, Ed25519PublicKey]:
    """The plant's public keys as they lie outside the database. Raises KeyRefusal."""
    return key_ring().publics


def check_row(certificate: Certificate, keys: Mapping[str, Ed25519PublicKey]) -> None:
    """That a row says what was signed when it was issued. Raises NotGenuine, also for a subject of another kind."""
    try:
        record = record_of(certificate)
    except (ValueError, KeyError, TypeError) as error:
        raise NotGenuine("altered_content", "What is kept of it cannot be read.") from error
    read_record(record, keys)
    subject = certificate.vehicle.vin if certificate.vehicle is not None else certificate.batch.number
    if record["subject"] != subject:
        raise NotGenuine("another_subject", "The row names another car or batch than was signed.")
