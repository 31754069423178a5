"""Checks an archive of evidence by itself: needs nothing but the archive, Python and the package `cryptography`.

This file goes into every archive as it stands here. Whoever has to rely on the answer runs a copy from elsewhere, and
names the plant's public key, got from elsewhere: what lies in the archive tells of itself alone.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import json
import sys
import zipfile
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from .checkpoints import NoCheckpoint, SignedCheckpoint, read_notes, wrong_signatures
from .merkle import leaf_digest, root_of_path
from .reading import page, read_form

MANIFEST, SIGNATURE, RECORDS = "manifest.json", "manifest.sig", "records.jsonl"
CHECKPOINTS, HISTORY, PAGE = "checkpoints.txt", "history.json", "index.html"
FORMAT = "Interlock evidence 1"
STATES = b"Interlock evidence\n"
"""Stands before the manifest in what is signed, so that no signature of anything else fits it."""
PIECE = 1 << 20


class ArchiveRefused(Exception):
    """The archive is not whole, or not what it says. The words say where."""


def check_archive(path: Path, trusted: Sequence[Ed25519PublicKey] = ()) -> dict[str, Any]:
    """Check all of it and return its manifest, with `signed_by`: the ids of the keys. Raises ArchiveRefused.

    With `trusted` keys, each of whatever is signed must be signed by one of them.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _check(archive, trusted)
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError) as error:
        raise ArchiveRefused(f"this is no whole archive: {error}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise ArchiveRefused(f"the archive is not written as one of Interlock is: {error!r}") from error


def _check(archive: zipfile.ZipFile, trusted: Sequence[Ed25519PublicKey]) -> dict[str, Any]:
    raw = archive.read(MANIFEST)
    manifest = json.loads(raw)
    if manifest["format"] != FORMAT:
        raise ArchiveRefused(f"the archive is of format {manifest['format']!r}; this reads {FORMAT!r}")
    keys = _keys(archive, manifest, trusted)
    signed_by = _signed(archive.read(SIGNATURE).decode(), raw, keys)
    _check_members(archive, manifest)
    checkpoints = _check_checkpoints(archive, manifest, keys)
    records = [json.loads(line) for line in archive.read(RECORDS).decode().split("\n")[:-1]]
    _check_records(records, manifest, checkpoints)
    if page(manifest, records) != archive.read(PAGE).decode():
        raise ArchiveRefused(f"{PAGE} does not show what was sealed")
    return {**manifest, "signed_by": signed_by}


def key_id_of(public: Ed25519PublicKey) -> str:
    return sha256(public.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def read_key(pem: bytes) -> Ed25519PublicKey:
    """Raises ArchiveRefused."""
    try:
        key = load_pem_public_key(pem)
    except ValueError as error:
        raise ArchiveRefused(f"a public key cannot be read: {error}") from error
    if not isinstance(key, Ed25519PublicKey):
        raise ArchiveRefused("a public key is not an Ed25519 one")
    return key


def _keys(
    archive: zipfile.ZipFile, manifest: dict[str, Any], trusted: Sequence[Ed25519PublicKey]
) -> dict[str, Ed25519PublicKey]:
    found = list(trusted) or [
        read_key(archive.read(name)) for name in sorted(manifest["files"]) if name.startswith("keys/")
    ]
    return {key_id_of(key): key for key in found}


def _fault(keys: dict[str, Ed25519PublicKey], key_id: str, signature: bytes, message: bytes) -> str:
    if key_id not in keys:
        return "this key is not among those that are trusted"
    try:
        keys[key_id].verify(signature, message)
    except InvalidSignature:
        return "the signature is not right"
    return ""


def _signed(text: str, manifest: bytes, keys: dict[str, Ed25519PublicKey]) -> list[str]:
    """The keys that signed the manifest; at least one of those that are known, and none wrongly."""
    signed_by = []
    for line in text.splitlines():
        _, key_id, encoded = line.split(" ")
        try:
            signature = base64.b64decode(encoded, validate=True)
        except binascii.Error as error:
            raise ArchiveRefused("the signature of the manifest cannot be read") from error
        fault = _fault(keys, key_id, signature, STATES + manifest)
        if fault and key_id in keys:
            raise ArchiveRefused(f"the manifest, key {key_id}: {fault}")
        signed_by += [] if fault else [key_id]
    if not signed_by:
        raise ArchiveRefused("the manifest is signed by no key that is trusted")
    return signed_by


def _check_members(archive: zipfile.ZipFile, manifest: dict[str, Any]) -> None:
    """Every file is there once, none besides, each with the digest that the manifest names, in its order."""
    names = [entry.filename for entry in archive.infolist()]
    expected = [MANIFEST, SIGNATURE, *manifest["files"]]
    for name in sorted(set(expected) - set(names)):
        raise ArchiveRefused(f"{name} is missing")
    for name in names:
        if name not in expected or names.count(name) > 1:
            raise ArchiveRefused(f"{name} is there and should not be, or is there twice")
    if names != expected:
        raise ArchiveRefused("the files do not stand in their order")
    for name, digest in manifest["files"].items():
        found = sha256()
        with archive.open(name) as file:
            while piece := file.read(PIECE):
                found.update(piece)
        if found.hexdigest() != digest:
            raise ArchiveRefused(f"{name} was altered")
        if name.startswith("files/") and name != f"files/{digest}":
            raise ArchiveRefused(f"{name} is not the file of that digest")


def _check_checkpoints(
    archive: zipfile.ZipFile, manifest: dict[str, Any], keys: dict[str, Ed25519PublicKey]
) -> dict[int, SignedCheckpoint]:
    """The checkpoints by number: each signed, of this ledger, and in the history of the newest one."""
    try:
        notes = list(read_notes(archive.read(CHECKPOINTS).decode()))
    except NoCheckpoint as error:
        raise ArchiveRefused(f"{CHECKPOINTS}: {error}") from error
    found = {note.checkpoint.number: note for note in notes}
    history = json.loads(archive.read(HISTORY))
    for number, note in found.items():
        known = SignedCheckpoint(note.checkpoint, tuple(pair for pair in note.signatures if pair[0] in keys))
        # An older one may be signed by a key taken away since: it stands in the history of the newest, which is not.
        if known.signatures or number == manifest["newest"]:
            for wrong in wrong_signatures(known, lambda *said: _fault(keys, *said)):
                raise ArchiveRefused(wrong)
        if note.checkpoint.ledger != manifest["ledger"]:
            raise ArchiveRefused(f"checkpoint {number} is of another ledger")
    if not found or max(found) != manifest["newest"] or len(found) != len(notes):
        raise ArchiveRefused("the newest checkpoint is not the one that the manifest names")
    newest = found[manifest["newest"]].checkpoint
    for number, note in found.items():
        if number == newest.number:
            continue
        path = [bytes.fromhex(node) for node in history[str(number)]]
        if root_of_path(note.checkpoint.digest, number - 1, newest.number - 1, path) != newest.history:
            raise ArchiveRefused(f"checkpoint {number} is not in the history of checkpoint {newest.number}")
    return found


def _check_records(
    records: Sequence[dict[str, Any]], manifest: dict[str, Any], checkpoints: dict[int, SignedCheckpoint]
) -> None:
    """Each row is proved by its checkpoint, and they are the ones that the manifest names."""
    there: dict[str, list[int]] = {}
    for record in records:
        where = f"row {record['id']} of {record['table']}"
        table, rows = read_form(record["form"], manifest["columns"])
        key = manifest["keys"].get(table, "id")
        if (table, rows[0][1][key]) != (record["table"], str(record["id"])):
            raise ArchiveRefused(f"{where} says that it is another row")
        if record["checkpoint"] not in checkpoints:
            raise ArchiveRefused(f"{where}: its checkpoint {record['checkpoint']} is missing")
        checkpoint = checkpoints[record["checkpoint"]].checkpoint
        path = [bytes.fromhex(node) for node in record["path"]]
        leaf = leaf_digest(record["form"].encode())
        try:
            root = root_of_path(leaf, record["index"], checkpoint.leaves, path)
        except ValueError as error:
            raise ArchiveRefused(f"{where}: {error}") from error
        if root != checkpoint.root:
            raise ArchiveRefused(
                f"{where} is not what checkpoint {checkpoint.number} holds: it was altered or exchanged"
            )
        there.setdefault(table, []).append(record["id"])
    if there != manifest["rows"]:
        raise ArchiveRefused("the rows are not those that the manifest names: some are missing, or in another order")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Check an archive of evidence of Interlock.")
    parser.add_argument("archive", type=Path)
    parser.add_argument("--key", type=Path, action="append", default=[], help="a public key (PEM) that you trust")
    found = parser.parse_args(arguments)
    try:
        trusted = [read_key(path.read_bytes()) for path in found.key]
        manifest = check_archive(found.archive, trusted)
    except (ArchiveRefused, OSError) as refused:
        sys.stderr.write(f"REFUSED: {refused}\n")
        return 1
    for line in _told(manifest, bool(trusted)):
        sys.stdout.write(f"{line}\n")
    return 0


def _told(manifest: dict[str, Any], is_trusted: bool) -> list[str]:
    rows = sum(map(len, manifest["rows"].values()))
    lines = [
        f"The archive of {manifest['vin']} fits: {rows} rows of ledger {manifest['ledger']},",
        f"made {manifest['made_at']}, proved up to checkpoint {manifest['newest']}.",
        f"Recorded and not sealed yet, so not in it: {manifest['unsealed']} rows.",
        *(f"A file is named and not in the archive: {digest}" for digest in manifest["missing_files"]),
        f"Signed by {', '.join(manifest['signed_by'])}.",
    ]
    if not is_trusted:
        lines.append(
            "These keys are the archive's own: compare them with those that the plant made known, or use --key."
        )
    return lines
