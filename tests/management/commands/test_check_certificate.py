"""manage.py check_certificate: genuine or not, by public keys alone."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from tests.certificates.test_check_certificate import KEY, SAID, TEXT, record


@pytest.fixture
def key(tmp_path):
    file = tmp_path / "key.pem"
    file.write_text(KEY.public_pem)
    return str(file)


def test_a_genuine_code_and_a_genuine_record_are_said_to_be(key, tmp_path, capsys):
    call_command("check_certificate", TEXT, key=key)
    file = tmp_path / "record.json"
    file.write_text(json.dumps(record()))
    call_command("check_certificate", key=key, record=str(file))
    said = capsys.readouterr().out
    assert said.count(f"GENUINE: vehicle {SAID.subject}, certificate {SAID.number}") == 2


@pytest.mark.parametrize(
    ("words", "options", "status", "why"),
    [
        ([TEXT[:-1]], {}, 1, "not genuine"),
        ([TEXT], {"key": "none.pem"}, 2, "nothing was checked"),
        ([], {}, 1, "give either"),
        ([TEXT], {"record": "x.json"}, 1, "give either"),
        ([TEXT], {"pdf": "x.pdf"}, 1, "give either"),
    ],
)
def test_anything_else_ends_in_words_with_a_status(key, words, options, status, why):
    with pytest.raises(CommandError, match=why) as refusal:
        call_command("check_certificate", *words, stdout=io.StringIO(), **{"key": key, **options})
    assert refusal.value.returncode == status
