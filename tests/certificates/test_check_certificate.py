"""The checker by itself, as a stranger runs it: nothing of the site, one character altered, keys that are not there."""

import json
import string
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from inspections.certificates import check_certificate
from inspections.certificates.canonical import digest_of
from inspections.certificates.check_certificate import (
    CODE_CONTEXT,
    FORMAT,
    RECORD_CONTEXT,
    Code,
    NotGenuine,
    main,
    read_code,
    read_keys,
    read_record,
    statement_of,
    write_code,
)
from inspections.sealing.keys import SigningKey
from tests.factories import AT, vin

KEY = SigningKey(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
OTHER = SigningKey(Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33))))
KEYS = read_keys(KEY.public_pem.encode())
CONTENT = '{"facts":{"vin":"底盘"}}'
SAID = Code("vehicle", "R6LZRFK4BD677H7P", vin(417), AT, digest_of(CONTENT)[:32], KEY.key_id)
TEXT = write_code(SAID, KEY.sign)


def record(**changed):
    made = {
        "format": FORMAT, "number": SAID.number, "kind": "vehicle", "subject": SAID.subject,
        "issued_at": AT.isoformat(), "content_sha256": digest_of(CONTENT), "pdf_sha256": digest_of("pdf"),
        "key_id": KEY.key_id, "content": CONTENT, "code": TEXT,
    }  # fmt: skip
    made["signature"] = KEY.sign(statement_of(made)).hex()
    return {**made, **changed}


def refused(run):
    with pytest.raises(NotGenuine) as refusal:
        run()
    return refusal.value.name


def test_a_code_says_what_was_signed():
    assert read_code(TEXT, KEYS) == SAID
    assert read_code(f"HTTPS://INTERLOCK.PLANT.EXAMPLE/C/{TEXT}\n", KEYS) == SAID
    assert (len(TEXT), set(TEXT) <= set(string.ascii_uppercase + "234567")) == (197, True)


def test_one_character_altered_is_refused_wherever_it_stands():
    tried = set()
    for place, stood in enumerate(TEXT):
        for character in {"A", "7", "Q", stood.lower()} - {stood}:
            altered = TEXT[:place] + character + TEXT[place + 1 :]
            tried.add(refused(lambda text=altered: read_code(text, KEYS)))
    assert tried == {"altered_code", "not_a_code", "unknown_key"}


@given(st.text(max_size=400))
def test_whatever_is_scanned_is_answered_and_nothing_of_it_is_genuine(text):
    assert refused(lambda: read_code(text, KEYS)) in {"not_a_code", "altered_code", "unknown_key"}


@pytest.mark.parametrize("text", ["", TEXT[:-1], TEXT + "A", TEXT + "=", TEXT.lower(), TEXT[8:], f"{TEXT} {TEXT}"])
def test_a_part_or_more_than_a_code_is_none(text):
    assert refused(lambda: read_code(text, KEYS)) in {"not_a_code", "altered_code", "unknown_key"}


def test_a_code_of_another_key_is_unknown_and_one_signed_under_a_borrowed_id_is_altered():
    foreign = Code(
        *[getattr(SAID, name) for name in ("kind", "number", "subject", "issued_at", "digest_prefix")], OTHER.key_id
    )
    assert refused(lambda: read_code(write_code(foreign, OTHER.sign), KEYS)) == "unknown_key"
    assert refused(lambda: read_code(write_code(SAID, OTHER.sign), KEYS)) == "altered_code"


def test_a_signature_of_something_else_is_not_one_of_a_code():
    """Transplanted: what the same key signed in another context, over the same bytes."""

    def sign_as_a_record(message):
        return KEY.sign(RECORD_CONTEXT + message.removeprefix(CODE_CONTEXT))

    assert refused(lambda: read_code(write_code(SAID, sign_as_a_record), KEYS)) == "altered_code"
    assert (
        refused(lambda: read_code(write_code(SAID, lambda m: KEY.sign(m.removeprefix(CODE_CONTEXT))), KEYS))
        == "altered_code"
    )


def test_a_record_is_checked_with_its_contents_its_code_and_its_paper():
    assert read_record(record(), KEYS, b"pdf") == SAID
    assert refused(lambda: read_record(record(), KEYS, b"pdg")) == "altered_pdf"
    assert refused(lambda: read_record(record(content=CONTENT.replace("底", "地")), KEYS)) == "altered_content"
    assert refused(lambda: read_record(record(key_id=OTHER.key_id), KEYS)) == "unknown_key"
    other = write_code(
        Code(
            "vehicle",
            "AAAABBBBCCCCDDDD",
            *[getattr(SAID, n) for n in ("subject", "issued_at", "digest_prefix", "key_id")],
        ),
        KEY.sign,
    )
    assert refused(lambda: read_record(record(code=other), KEYS)) == "another_code"


@pytest.mark.parametrize("name", ["number", "kind", "subject", "issued_at", "content_sha256", "pdf_sha256"])
def test_one_character_of_a_record_altered_is_refused(name):
    value = record()[name]
    altered = value[:-1] + ("0" if value[-1] != "0" else "1")
    assert refused(lambda: read_record(record(**{name: altered}), KEYS)) == "altered_record"


@pytest.mark.parametrize("signature", ["", "zz", "00" * 64, record()["signature"][:-2]])
def test_a_signature_that_is_none_is_refused(signature):
    assert refused(lambda: read_record(record(signature=signature), KEYS)) == "altered_record"


@pytest.mark.parametrize(
    "made", [None, [], "x", 7, {}, {"format": FORMAT}, {**record(), "more": "x"}, {**record(), "number": 7}]
)
def test_what_is_no_record_is_refused(made):
    assert refused(lambda: read_record(made, KEYS)) == "not_a_record"


def test_keys_are_read_from_one_file_and_what_is_none_is_said():
    both = f"# the old one\n{KEY.public_pem}\n{OTHER.public_pem}".encode()
    assert set(read_keys(both)) == {KEY.key_id, OTHER.key_id}
    with pytest.raises(ValueError, match="no public key in PEM"):
        read_keys(b"nothing")


def test_the_command_line_says_it_and_ends_accordingly(tmp_path, capsys):
    key, paper, pdf = tmp_path / "key.pem", tmp_path / "record.json", tmp_path / "paper.pdf"
    key.write_text(KEY.public_pem)
    paper.write_text(json.dumps(record()))
    pdf.write_bytes(b"pdf")
    assert main([str(key), TEXT]) == 0
    assert capsys.readouterr().out.startswith(
        f"GENUINE: vehicle {SAID.subject}, certificate {SAID.number}, issued 2026-11-23"
    )
    assert main([str(key), "--record", str(paper), "--pdf", str(pdf)]) == 0
    pdf.write_bytes(b"PDF")
    assert main([str(key), "--record", str(paper), "--pdf", str(pdf)]) == 1
    assert capsys.readouterr().out.endswith(
        "NOT GENUINE (altered_pdf): The PDF is not the one that the plant issued.\n"
    )
    assert main([str(key), TEXT[:-1]]) == 1
    assert main([str(tmp_path / "none.pem"), TEXT]) == 2
    paper.write_text("{")
    assert main([str(key), "--record", str(paper)]) == 2


def test_it_runs_alone_with_the_standard_library_and_cryptography(tmp_path):
    """Copied away from the project, without its folder on the path."""
    program, key = tmp_path / "check.py", tmp_path / "key.pem"
    program.write_bytes(Path(check_certificate.__file__).read_bytes())
    key.write_text(KEY.public_pem)
    found = subprocess.run(
        [sys.executable, "-I", str(program), str(key), TEXT], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout.startswith("GENUINE")
    imported = {
        line.split()[1].partition(".")[0]
        for line in program.read_text().splitlines()
        if line.startswith(("import ", "from "))
    }
    assert imported - set(sys.stdlib_module_names) == {"cryptography"}
