"""An archive of one vehicle: checked by itself, whole or refused, whatever is done to it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as some

from inspections.sealing.archive import export_evidence
from inspections.sealing.canonical import TABLES
from inspections.sealing.checking import ArchiveRefused, check_archive
from inspections.sealing.concerning import CONCERNS, OF_NO_VEHICLE
from inspections.sealing.keys import SigningKey, key_ring, write_new_key
from inspections.sealing.models import Seal
from inspections.sealing.queries import signed_checkpoint
from inspections.sealing.reading import read_form, read_row
from inspections.sealing.services import seal_ledger
from tests.factories import AT, Plant
from tests.sealing.test_sealing import act

LATER = AT + timedelta(minutes=1)


def export(vin: str, to: Path) -> dict[str, Any]:
    return export_evidence(vin=vin, to=to, ring=key_ring(), at=LATER)


@pytest.fixture
def archive(sealed: Plant, tmp_path: Path) -> Path:
    """The archive of the car with the fail, over two checkpoints and a later one."""
    from inspections.results.services import record_inspections

    record_inspections(items=[sealed.posted("DRV-EOL")], rig=sealed.rig, actor=sealed.rig_actor, at=AT)
    seal_ledger(at=LATER)
    act()
    seal_ledger(at=LATER)
    path = tmp_path / "evidence.zip"
    export(sealed.vehicle.vin, path)
    return path


def rebuilt(
    path: Path,
    change: Callable[[str, bytes], bytes | None],
    order: Callable[[list[str]], Iterable[str]] = lambda names: names,
) -> Path:
    """The archive written anew with what `change` gives for each member; None leaves it out."""
    to = path.with_name("rebuilt.zip")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(to, "w") as new:
        for name in order(old.namelist()):
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return to


def refusal(path: Path, *trusted: Any) -> str:
    with pytest.raises(ArchiveRefused) as refused:
        check_archive(path, trusted)
    return str(refused.value)


def resigned(path: Path, key: SigningKey, change: Callable[[dict[str, Any], dict[str, bytes]], None]) -> Path:
    """The archive changed and signed anew by somebody who has the key of the ledger, or one of their own."""
    import base64
    from hashlib import sha256

    from inspections.sealing.checking import MANIFEST, SIGNATURE, STATES

    with zipfile.ZipFile(path) as old:
        members = {name: old.read(name) for name in old.namelist()}
    manifest = json.loads(members.pop(MANIFEST))
    members.pop(SIGNATURE)
    change(manifest, members)
    manifest["files"] = {name: sha256(content).hexdigest() for name, content in members.items()}
    raw = json.dumps(manifest, ensure_ascii=False).encode()
    to = path.with_name("resigned.zip")
    with zipfile.ZipFile(to, "w") as new:
        new.writestr(MANIFEST, raw)
        new.writestr(SIGNATURE, f"signature {key.key_id} {base64.b64encode(key.sign(STATES + raw)).decode()}\n")
        for name, content in members.items():
            new.writestr(name, content)
    return to


def test_every_table_of_the_record_is_looked_through_or_says_why_not() -> None:
    assert set(CONCERNS) | set(OF_NO_VEHICLE) == set(TABLES.values())
    assert not set(CONCERNS) & set(OF_NO_VEHICLE)


def test_an_archive_holds_the_rows_of_the_vehicle_and_fits(
    archive: Path, sealed: Plant, sealing_key: SigningKey
) -> None:
    manifest = check_archive(archive, [sealing_key.private.public_key()])
    assert (manifest["vin"], manifest["newest"], manifest["unsealed"]) == (sealed.vehicle.vin, 3, 0)
    assert manifest["signed_by"] == [sealing_key.key_id]
    assert len(manifest["rows"]["inspection"]) > 1
    assert {"ledgerentry", "inspection", "decision", "disposition"} <= set(manifest["rows"])
    with zipfile.ZipFile(archive) as found:
        records = [json.loads(line) for line in found.read("records.jsonl").decode().split("\n")[:-1]]
        shown = found.read("index.html").decode()
    assert {record["checkpoint"] for record in records} == {1, 2}
    assert sealed.vehicle.vin in shown
    assert "BAT-EOL" in shown


def test_the_files_that_rigs_and_people_sent_are_in_it_and_what_is_missing_is_said(
    sealed: Plant, tmp_path: Path, superuser: psycopg.Connection[Any]
) -> None:
    from inspections.batches.models import Vehicle
    from inspections.intake.models import Photograph
    from inspections.intake.storage import path_of

    taken = Photograph.objects.select_related("inspection").first()
    assert taken
    vin = Vehicle.objects.get(pk=taken.inspection.vehicle_id).vin
    path = tmp_path / "evidence.zip"
    manifest = export(vin, path)
    wanted = {taken.sha256, taken.shown_sha256}
    there = {name.removeprefix("files/") for name in manifest["files"] if name.startswith("files/")}
    assert wanted <= there | set(manifest["missing_files"])
    assert check_archive(path)["missing_files"] == manifest["missing_files"]
    for digest in there & wanted:
        path_of(digest).unlink()
    assert wanted <= set(export(vin, path)["missing_files"])


def test_a_text_with_odd_line_ends_is_one_row(sealed: Plant, tmp_path: Path) -> None:
    from inspections.people.rules import Actor
    from inspections.records.services import record_act

    odd = 'a\u2028b\x85c\nd\r\n"e",(f)\\'
    record_act(
        actor=Actor.system(), act="bench.noted", subject_kind="vehicle", subject=sealed.vehicle.vin, at=AT, reason=odd
    )
    seal_ledger(at=LATER)
    path = tmp_path / "evidence.zip"
    manifest = export(sealed.vehicle.vin, path)
    assert check_archive(path)["rows"] == json.loads(json.dumps(manifest["rows"]))
    with zipfile.ZipFile(path) as packed:
        records = [json.loads(line) for line in packed.read("records.jsonl").decode().split("\n")[:-1]]
    found = [read_form(record["form"], manifest["columns"])[1][0][1] for record in records if odd[:3] in record["form"]]
    assert [row["reason"] for row in found] == [odd]


def test_a_machine_without_the_project_checks_it(archive: Path, tmp_path: Path, keys_folder: Path) -> None:
    """An empty folder, no path to the project: what lies in the archive, Python and cryptography."""
    folder = tmp_path / "elsewhere"
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(folder)
    shutil.copy(archive, folder / "evidence.zip")
    (public,) = keys_folder.glob("*.pub.pem")
    shutil.copy(public, folder / "plant.pub.pem")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": os.environ["PATH"]}
        return subprocess.run(
            [sys.executable, "verify.py", *arguments],
            cwd=folder, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip

    good = run("evidence.zip", "--key", "plant.pub.pem")
    assert (good.returncode, good.stderr) == (0, "")
    assert good.stdout.startswith("The archive of ")
    assert "compare them" in run("evidence.zip").stdout
    (folder / "evidence.zip").write_bytes(archive.read_bytes()[:-2000])
    bad = run("evidence.zip")
    assert (bad.returncode, bad.stdout) == (1, "")
    assert bad.stderr.startswith("REFUSED: this is no whole archive: ")


def test_what_is_carried_into_the_archive_needs_nothing_but_cryptography() -> None:
    code = (
        "import sys; sys.modules['django'] = sys.modules['psycopg'] = None;"
        "import inspections.sealing.checking;"
        "print(sorted(name for name in sys.modules if name.startswith('inspections')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(
        [
            "inspections", "inspections.sealing", "inspections.sealing.checking", "inspections.sealing.checkpoints",
            "inspections.sealing.merkle", "inspections.sealing.reading",
        ]
    )  # fmt: skip


# --- Damage -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("part", range(1, 10))
def test_a_truncated_archive_is_refused(archive: Path, part: int) -> None:
    whole = archive.read_bytes()
    archive.write_bytes(whole[: len(whole) * part // 10])
    assert refusal(archive).startswith("this is no whole archive")


def test_a_reordered_archive_is_refused(archive: Path) -> None:
    turned = rebuilt(archive, lambda name, content: content, lambda names: [names[0], names[1], *reversed(names[2:])])
    assert refusal(turned) == "the files do not stand in their order"


def test_reordered_rows_are_refused(archive: Path) -> None:
    def turn(name: str, content: bytes) -> bytes:
        return b"".join(reversed(content.splitlines(keepends=True))) if name == "records.jsonl" else content

    assert refusal(rebuilt(archive, turn)) == "records.jsonl was altered"


@pytest.mark.parametrize("name", ["records.jsonl", "checkpoints.txt", "history.json", "index.html", "verify.py"])
def test_a_missing_or_altered_file_is_refused(archive: Path, name: str) -> None:
    left_out = rebuilt(archive, lambda member, content: None if member == name else content)
    assert refusal(left_out) == f"{name} is missing"
    altered = rebuilt(archive, lambda member, content: content + b" " if member == name else content)
    assert refusal(altered) == f"{name} was altered"


@pytest.mark.parametrize("name", ["manifest.json", "manifest.sig"])
def test_an_archive_without_its_manifest_or_signature_is_refused(archive: Path, name: str) -> None:
    assert refusal(rebuilt(archive, lambda member, content: None if member == name else content))
    assert refusal(rebuilt(archive, lambda member, content: b"" if member == name else content))


def test_a_file_more_is_refused(archive: Path) -> None:
    with zipfile.ZipFile(archive, "a") as packed:
        packed.writestr("more.txt", "said")
    assert refusal(archive) == "more.txt is there and should not be, or is there twice"


def test_one_altered_letter_of_the_manifest_is_refused(archive: Path, sealing_key: SigningKey) -> None:
    def alter(name: str, content: bytes) -> bytes:
        return content.replace(b'"unsealed": 0', b'"unsealed": 1') if name == "manifest.json" else content

    assert refusal(rebuilt(archive, alter)) == f"the manifest, key {sealing_key.key_id}: the signature is not right"


def test_the_manifest_of_another_archive_does_not_fit(archive: Path, sealed: Plant, tmp_path: Path) -> None:
    other = tmp_path / "other.zip"
    from inspections.batches.models import Vehicle

    another = Vehicle.objects.exclude(pk=sealed.vehicle.pk).order_by("pk").first()
    assert another
    export(another.vin, other)
    with zipfile.ZipFile(other) as packed:
        transplanted = {name: packed.read(name) for name in ("manifest.json", "manifest.sig")}
    assert refusal(rebuilt(archive, lambda name, content: transplanted.get(name, content))).endswith("was altered")


# --- Forgery by somebody who can sign the manifest, so that the proofs alone stand between ----------------------------
def records_of(members: dict[str, bytes]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in members["records.jsonl"].decode().split("\n")[:-1]]


def put_records(manifest: dict[str, Any], members: dict[str, bytes], records: list[dict[str, Any]]) -> None:
    from inspections.sealing.reading import page

    members["records.jsonl"] = "".join(json.dumps(record) + "\n" for record in records).encode()
    members["index.html"] = page(manifest, records).encode()


def test_a_row_changed_with_everything_signed_anew_is_refused_by_its_proof(
    archive: Path, sealing_key: SigningKey
) -> None:
    def change(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
        records = records_of(members)
        row = next(record for record in records if record["table"] == "inspection")
        row["form"] = row["form"].replace(",0,", ",1,", 1)
        put_records(manifest, members, records)

    said = refusal(resigned(archive, sealing_key, change))
    assert (
        "is not what checkpoint 1 holds: it was altered or exchanged" in said or "says that it is another row" in said
    )


def test_the_proof_of_another_row_is_refused(archive: Path, sealing_key: SigningKey) -> None:
    def change(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
        records = records_of(members)
        first, second = [record for record in records if record["table"] == "ledgerentry"][:2]
        for key in ("path", "index"):
            first[key], second[key] = second[key], first[key]
        put_records(manifest, members, records)

    assert "is not what checkpoint 1 holds: it was altered or exchanged" in refusal(
        resigned(archive, sealing_key, change)
    )


@pytest.mark.parametrize(
    "change, said",
    [
        (lambda record: record["path"].pop(), "the path is shorter than the tree is high"),
        (lambda record: record["path"].append("00" * 32), "the path is longer than the tree is high"),
        (lambda record: record.update(index=10**6), "no leaf 1000000 is in a tree of"),
        (lambda record: record.update(checkpoint=77), "its checkpoint 77 is missing"),
        (lambda record: record.update(id=987654), "says that it is another row"),
        (lambda record: record.update(path=["00" * 31]), "the path is longer than the tree is high"),
        (lambda record: record.update(form="said"), "not written as one of Interlock is"),
    ],
)
def test_a_forged_proof_is_refused(
    archive: Path, sealing_key: SigningKey, change: Callable[[dict[str, Any]], Any], said: str
) -> None:
    def forge(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
        records = records_of(members)
        change(records[0])
        members["records.jsonl"] = "".join(json.dumps(record) + "\n" for record in records).encode()

    assert said in refusal(resigned(archive, sealing_key, forge))


def test_rows_that_the_manifest_names_and_are_missing_are_refused(archive: Path, sealing_key: SigningKey) -> None:
    def change(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
        put_records(manifest, members, records_of(members)[1:])

    assert refusal(resigned(archive, sealing_key, change)) == (
        "the rows are not those that the manifest names: some are missing, or in another order"
    )


def test_a_page_that_shows_something_else_is_refused(archive: Path, sealing_key: SigningKey) -> None:
    def change(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
        members["index.html"] = members["index.html"].replace(b"Evidence", b"Evidense", 1)

    assert refusal(resigned(archive, sealing_key, change)) == "index.html does not show what was sealed"


def test_a_checkpoint_of_another_ledger_is_refused(
    archive: Path, sealing_key: SigningKey, superuser: psycopg.Connection[Any]
) -> None:
    superuser.execute("delete from inspections_seal")
    superuser.execute("update inspections_ledgerentry set recorded_in = 5")
    (other,) = seal_ledger(at=AT)

    def change(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
        kept = members["checkpoints.txt"].decode().split("\n\n")
        members["checkpoints.txt"] = ("\n\n".join([signed_checkpoint(other).note.strip(), *kept[1:]])).encode()

    assert refusal(resigned(archive, sealing_key, change)) == "checkpoint 1 is of another ledger"


def test_a_checkpoint_out_of_another_history_is_refused(
    archive: Path, sealing_key: SigningKey, superuser: psycopg.Connection[Any]
) -> None:
    """History rewritten with the ledger's own key: the newest checkpoint does not hold the exchanged one."""
    from inspections.sealing.checkpoints import SignedCheckpoint

    seal = Seal.objects.get(number=2)
    seal.sealed_at -= timedelta(days=1)
    checkpoint = signed_checkpoint(seal).checkpoint
    forged = SignedCheckpoint(checkpoint, ((sealing_key.key_id, sealing_key.sign(checkpoint.text.encode())),))

    def change(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
        notes = members["checkpoints.txt"].decode().split("\n\n")
        members["checkpoints.txt"] = "\n\n".join([notes[0], forged.note.strip(), *notes[2:]]).encode()

    assert refusal(resigned(archive, sealing_key, change)) == "checkpoint 2 is not in the history of checkpoint 3"


def test_an_archive_signed_by_a_key_of_somebody_else_is_refused_where_the_plants_is_named(
    archive: Path, sealing_key: SigningKey, tmp_path: Path, settings: Any
) -> None:
    settings.SEALING_KEYS = tmp_path / "forged"
    forger, _ = write_new_key(at=AT)
    forged = resigned(archive, forger, lambda manifest, members: None)
    assert refusal(forged, sealing_key.private.public_key()) == "the manifest is signed by no key that is trusted"


def test_after_a_rotation_the_newest_key_alone_is_enough(
    archive: Path, sealed: Plant, sealing_key: SigningKey, keys_folder: Path, tmp_path: Path
) -> None:
    newer, _ = write_new_key(at=AT)
    (keys_folder / f"20261101T080000Z-{sealing_key.key_id}.pem").unlink()
    act()
    seal_ledger(at=LATER)
    path = tmp_path / "rotated.zip"
    export(sealed.vehicle.vin, path)
    assert check_archive(path, [newer.private.public_key()])["signed_by"] == [newer.key_id]
    assert check_archive(path)["newest"] == 4
    assert refusal(path, sealing_key.private.public_key()) == "the manifest is signed by no key that is trusted"


# --- What is not exported ---------------------------------------------------------------------------------------------
def test_no_proof_is_made_of_a_row_that_is_not_what_was_sealed(
    sealed: Plant, superuser: psycopg.Connection[Any], tmp_path: Path
) -> None:
    superuser.execute(
        "update inspections_inspection set operator = 'somebody' where id = (select min(id) from"
        " inspections_inspection)"
    )
    with pytest.raises(CommandError, match="verify_ledger names the row"):
        call_command("export_evidence", sealed.vehicle.vin, "--out", str(tmp_path / "evidence.zip"))
    assert list(tmp_path.glob("*.zip")) == []


def test_the_command_seals_first_and_says_what_it_wrote(record: Plant, tmp_path: Path) -> None:
    out, path = StringIO(), tmp_path / "evidence.zip"
    call_command("export_evidence", record.vehicle.vin.lower(), "--out", str(path), stdout=out)
    rows = sum(map(len, check_archive(path)["rows"].values()))
    assert out.getvalue().splitlines()[0] == f"{path}: {rows} rows, proved up to checkpoint 1"


@pytest.mark.parametrize("vin", ["LXM1A2B30TA999999", "nothing"])
def test_a_vehicle_that_nobody_registered_is_refused(sealed: Plant, tmp_path: Path, vin: str) -> None:
    with pytest.raises(CommandError, match=f"No vehicle {vin.upper()} is registered"):
        call_command("export_evidence", vin, "--out", str(tmp_path / "evidence.zip"))


# --- Rows as PostgreSQL writes them -----------------------------------------------------------------------------------
VALUES = some.lists(
    some.none() | some.text(some.characters(blacklist_characters="\0", blacklist_categories=("Cs",))),
    min_size=1,
    max_size=4,
)


@given(VALUES)
def test_a_row_is_read_as_it_was_written(values: list[str | None]) -> None:
    written = ",".join(
        "" if value is None else '"' + value.replace("\\", "\\\\").replace('"', '""') + '"' for value in values
    )
    assert read_row(f"({written})") == values
    table, rows = read_form(f"void 1\n({written})", {"void 1": [str(place) for place in range(len(values))]})
    assert (table, [list(row.values()) for _, row in rows]) == ("void", [values])


@pytest.mark.parametrize("text", ["", "()x", "(", '("a)', "a,b"])
def test_what_is_no_row_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        read_row(text)


@pytest.mark.parametrize("form", ["void 2\n(1)", "void 1\n(1,2)", "void 1\n(1)\n(2)", "other 1\n(1)", "void 1"])
def test_a_text_of_another_form_is_refused(form: str) -> None:
    with pytest.raises(ValueError):
        read_form(form, {"void 1": ["id"]})
