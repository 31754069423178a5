"""Keys outside the database: found, missing, unreadable, rotated; each refusal says what to do."""

from __future__ import annotations

import os
import re
import stat
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from django.core.management import CommandError, call_command

from inspections.sealing.keys import KeyRefusal, KeyRing, SigningKey, key_ring, read_public, write_new_key
from tests.sealing_keys import MADE_AT


def told(refused: pytest.ExceptionInfo[KeyRefusal]) -> str:
    return refused.value.english


def problems(ring: KeyRing) -> list[str]:
    return [problem.english for problem in ring.problems]


def test_a_new_key_signs_at_once_and_its_public_half_lies_beside_it(keys_folder: Path) -> None:
    key, path = write_new_key(at=MADE_AT)
    assert path == keys_folder / f"20261101T080000Z-{key.key_id}.pem"
    assert re.fullmatch("[0-9a-f]{16}", key.key_id)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(keys_folder.stat().st_mode) == 0o700
    assert path.with_suffix(".pub.pem").read_text() == key.public_pem
    ring = key_ring()
    assert (ring.active.key_id, problems(ring)) == (key.key_id, [])
    ring.public(key.key_id).verify(ring.active.sign(b"said"), b"said")
    with pytest.raises(InvalidSignature):
        ring.public(key.key_id).verify(ring.active.sign(b"said"), b"sa1d")


def test_while_two_private_keys_lie_there_both_sign_and_the_newer_is_active(sealing_key: SigningKey) -> None:
    newer, _ = write_new_key(at=MADE_AT + timedelta(days=365))
    ring = key_ring()
    assert [key.key_id for key in ring.signing] == [sealing_key.key_id, newer.key_id]
    assert ring.active.key_id == newer.key_id


def test_the_public_half_of_a_key_that_was_taken_away_still_checks(sealing_key: SigningKey, keys_folder: Path) -> None:
    signature = sealing_key.sign(b"said")
    write_new_key(at=MADE_AT + timedelta(days=365))
    (keys_folder / f"20261101T080000Z-{sealing_key.key_id}.pem").unlink()
    ring = key_ring()
    assert [key.key_id for key in ring.signing] == [ring.active.key_id]
    ring.public(sealing_key.key_id).verify(signature, b"said")


def test_no_place_named_is_refused_and_says_what_to_set(settings: Any) -> None:
    settings.SEALING_KEYS, settings.SEALING_KEY = None, ""
    with pytest.raises(KeyRefusal) as refused:
        key_ring()
    assert told(refused) == (
        "No key seals the record: neither SEALING_KEYS (a folder) nor SEALING_KEY (one PEM) is set. Name a folder"
        " outside the database and run: manage.py new_sealing_key"
    )
    with pytest.raises(KeyRefusal) as refused:
        write_new_key(at=MADE_AT)
    assert told(refused).startswith("SEALING_KEYS is not set: name the folder")


def test_a_missing_folder_is_refused_by_its_name(keys_folder: Path) -> None:
    with pytest.raises(KeyRefusal) as refused:
        key_ring()
    assert told(refused) == (
        f"The folder of the sealing keys {keys_folder} cannot be read: No such file or directory. Mend it, or run:"
        " manage.py new_sealing_key"
    )


def test_an_empty_folder_has_no_active_key(keys_folder: Path) -> None:
    keys_folder.mkdir()
    with pytest.raises(KeyRefusal) as refused:
        key_ring().active  # noqa: B018 the reading is what refuses
    assert told(refused) == f"No private key lies in {keys_folder}. Run: manage.py new_sealing_key"


@pytest.mark.parametrize(
    "name, content, why",
    [
        ("a.pem", b"", "it holds no PEM"),
        ("a.pem", b"-----BEGIN PRIVATE KEY-----\nMC4CAQAw\n-----END PRIVATE KEY-----\n", "Could not deserialize"),
        (
            "a.pem",
            generate_private_key(65537, 2048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
            "a private key, but not an Ed25519 one",
        ),
        (
            "a.pem",
            Ed25519PrivateKey.generate().private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
            ),
            "Password was not given",
        ),
        (
            "a.pub.pem",
            Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
            "it holds a private key, and its name says a public one",
        ),
    ],
    ids=["empty", "truncated", "rsa", "locked", "misnamed"],
)
def test_a_file_that_is_no_key_is_told_and_never_signs(keys_folder: Path, name: str, content: bytes, why: str) -> None:
    keys_folder.mkdir()
    (keys_folder / name).write_bytes(content)
    ring = key_ring()
    assert ring.signing == ()
    with pytest.raises(KeyRefusal) as refused:
        ring.active  # noqa: B018 the reading is what refuses
    assert told(refused).startswith(f"The sealing key {name} in {keys_folder} cannot be used: {why}")
    good, _ = write_new_key(at=MADE_AT)
    ring = key_ring()
    assert ring.active.key_id == good.key_id
    assert [problem.partition(": ")[0] for problem in problems(ring)] == [
        f"The sealing key {name} in {keys_folder} cannot be used"
    ]


def test_a_key_that_may_not_be_read_is_told(sealing_key: SigningKey, keys_folder: Path) -> None:
    path = keys_folder / "20270101T080000Z-later.pem"
    if os.getuid() == 0:
        path.mkdir()  # root may read every file; a folder of that name it cannot
    else:
        path.write_text("secret")
        path.chmod(0)
    ring = key_ring()
    assert ring.active.key_id == sealing_key.key_id
    assert len(problems(ring)) == 1
    assert path.name in problems(ring)[0]


def test_the_environment_may_hold_the_keys_one_after_the_other(settings: Any, sealing_key: SigningKey) -> None:
    new = Ed25519PrivateKey.generate()
    secret = new.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    settings.SEALING_KEYS, settings.SEALING_KEY = None, (sealing_key.public_pem + secret).replace("\n", "\\n")
    ring = key_ring()
    assert (problems(ring), len(ring.signing), len(ring.publics)) == ([], 1, 2)
    ring.public(sealing_key.key_id).verify(sealing_key.sign(b"said"), b"said")


def test_a_public_key_that_does_not_lie_here_is_refused(sealing_key: SigningKey, keys_folder: Path) -> None:
    with pytest.raises(KeyRefusal) as refused:
        key_ring().public("0123456789abcdef")
    assert told(refused) == (
        f"The public key 0123456789abcdef does not lie in {keys_folder}: put its file there (NAME.pub.pem), from where"
        " it was kept."
    )


def test_what_is_no_public_key_is_refused() -> None:
    with pytest.raises(ValueError, match="no public key in PEM"):
        read_public("said")


def test_a_folder_that_cannot_be_written_is_refused(settings: Any, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("no folder")
    settings.SEALING_KEYS = tmp_path / "taken"
    with pytest.raises(KeyRefusal) as refused:
        write_new_key(at=MADE_AT)
    assert told(refused) == f"No key can be written to {tmp_path / 'taken'}: File exists."


def test_the_command_makes_a_key_and_with_if_none_only_the_first(keys_folder: Path) -> None:
    out = StringIO()
    call_command("new_sealing_key", "--if-none", stdout=out)
    assert out.getvalue().split()[0] == key_ring().active.key_id
    call_command("new_sealing_key", "--if-none", stdout=out)
    assert len(out.getvalue().splitlines()) == len(key_ring().signing) == 1
    call_command("new_sealing_key", stdout=out)
    assert len(out.getvalue().splitlines()) == len(key_ring().signing) == 2


def test_the_command_says_what_is_missing(settings: Any) -> None:
    settings.SEALING_KEYS, settings.SEALING_KEY = None, ""
    with pytest.raises(CommandError, match="SEALING_KEYS is not set: name the folder for the key"):
        call_command("new_sealing_key", "--if-none")
