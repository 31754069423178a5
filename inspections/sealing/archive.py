"""Writes one archive with all that the record holds of a vehicle, and what proves it: it is checked without us."""

from __future__ import annotations

import base64
import json
import os
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from django.db import connection

from ..batches.models import Vehicle
from ..intake.storage import FileAltered, StoreUnavailable, open_file
from ..saying import Refusal, say
from . import checking
from .canonical import FORMS, KEYS
from .concerning import files_of, rows_of_vehicle
from .keys import KeyRing, pem_of
from .proving import Evidence, prove_rows
from .queries import known_public
from .reading import page
from .verifying import reading_only

CARRIED: Final = ("__init__", "merkle", "checkpoints", "reading", "checking")
"""The modules that go into the archive, as they are."""
_VERIFY: Final = '''"""Checks an archive of evidence: python verify.py ARCHIVE.zip [--key PLANT.pub.pem]"""

import sys

from interlock_check.checking import main

sys.exit(main())
'''
_README: Final = """Unpack this archive beside itself and run, with Python 3.11 or newer:

    python -m venv check && check/bin/pip install cryptography
    check/bin/python verify.py ARCHIVE.zip --key PLANT.pub.pem

PLANT.pub.pem is the plant's public key, got from the plant by another way than this archive. Without --key the archive
is checked against the keys that lie in it. index.html shows what is in it. Nothing is sent anywhere.
"""


class EvidenceRefused(Refusal):
    """There is no such vehicle, or nothing of it is sealed."""


def export_evidence(*, vin: str, to: Path, ring: KeyRing, at: datetime) -> dict[str, Any]:
    """Write the archive and return its manifest. The file is whole or not there at all.

    Raises EvidenceRefused, RecordAltered where a row is not what was sealed, KeyRefusal, OSError.
    """
    _ = ring.active
    with reading_only():
        vehicle = Vehicle.objects.filter(vin=vin).first()
        if vehicle is None:
            raise EvidenceRefused(say("No vehicle %(vin)s is registered.", vin=vin))
        rows = rows_of_vehicle(vehicle.pk)
        evidence = prove_rows(rows)
        if not evidence.rows:
            raise EvidenceRefused(
                say("Nothing of %(vin)s is sealed yet: run manage.py seal_ledger, then again.", vin=vin)
            )
        digests, names = files_of(rows), _names()
    manifest = _manifest(vin, evidence, names, at)
    fresh = to.with_name(f".{to.name}.new")
    try:
        _write(fresh, manifest, evidence, digests, ring)
        os.replace(fresh, to)
    finally:
        fresh.unlink(missing_ok=True)
    return manifest


def _manifest(vin: str, evidence: Evidence, names: dict[str, dict[str, str]], at: datetime) -> dict[str, Any]:
    rows: dict[str, list[int]] = {}
    for row in evidence.rows:
        rows.setdefault(row.table, []).append(row.id)
    newest = evidence.checkpoints[-1].checkpoint
    return {
        "format": checking.FORMAT,
        "vin": vin,
        "ledger": newest.ledger,
        "newest": newest.number,
        "made_at": at.astimezone(UTC).isoformat(),
        "unsealed": evidence.unsealed,
        "rows": rows,
        "columns": {f"{table} {form}": columns for form, own in FORMS.items() for table, columns in own.items()},
        "keys": KEYS,
        "names": names,
        "missing_files": [],
        "files": {},
    }


def _write(path: Path, manifest: dict[str, Any], evidence: Evidence, digests: list[str], ring: KeyRing) -> None:
    """The manifest stands first and names the digests of all others, so files are hashed before they are written."""
    for digest in digests:
        try:
            open_file(digest).close()
        except (FileNotFoundError, FileAltered, StoreUnavailable):
            manifest["missing_files"].append(digest)
    kept = [digest for digest in digests if digest not in manifest["missing_files"]]
    members = _members(manifest, evidence)
    manifest["files"] = {
        **{name: sha256(content).hexdigest() for name, content in members.items()},
        **{f"files/{digest}": digest for digest in kept},
    }
    raw = json.dumps(manifest, ensure_ascii=False, indent=1).encode()
    signatures = "".join(
        f"signature {key.key_id} {base64.b64encode(key.sign(checking.STATES + raw)).decode()}\n" for key in ring.signing
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(checking.MANIFEST, raw)
        archive.writestr(checking.SIGNATURE, signatures)
        for name, content in members.items():
            archive.writestr(name, content)
        for digest in kept:
            with open_file(digest) as file, archive.open(f"files/{digest}", "w") as member:
                while piece := file.read(checking.PIECE):
                    member.write(piece)


def _members(manifest: Mapping[str, Any], evidence: Evidence) -> dict[str, bytes]:
    """Every file but those of rigs and people, by its name."""
    records = [
        {
            "table": row.table,
            "id": row.id,
            "checkpoint": row.checkpoint,
            "index": row.index,
            "path": [node.hex() for node in row.path],
            "form": row.form,
        }
        for row in evidence.rows
    ]
    history = {str(number): [node.hex() for node in path] for number, path in evidence.history.items()}
    members = {
        "README.txt": _README,
        checking.PAGE: page(manifest, records),
        checking.RECORDS: "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records),
        checking.CHECKPOINTS: "".join(signed.note for signed in evidence.checkpoints),
        checking.HISTORY: json.dumps(history),
        "verify.py": _VERIFY,
    }
    for key_id in sorted({key for signed in evidence.checkpoints for key, _ in signed.signatures}):
        public = known_public(key_id)
        if public is not None:
            members[f"keys/{key_id}.pub.pem"] = pem_of(public)
    here = Path(__file__).parent
    for name in CARRIED:
        members[f"interlock_check/{name}.py"] = (here / f"{name}.py").read_text(encoding="utf-8")
    return {name: content.encode() for name, content in members.items()}


_NAMED: Final = {
    "procedure_id": "select id, code from inspections_procedure",
    "rig_id": "select id, code from inspections_rig",
    "characteristic_id": "select id, code from inspections_characteristic",
    "configuration_id": "select id, code from inspections_configuration",
}


def _names() -> dict[str, dict[str, str]]:
    """What ids meant when this was made: the catalogue's codes and the rigs', for whoever reads the page."""
    names: dict[str, dict[str, str]] = {}
    with connection.cursor() as cursor:
        for column, query in _NAMED.items():
            cursor.execute(query)
            names[column] = {str(number): str(name) for number, name in cursor.fetchall()}
    return names
