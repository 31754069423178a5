"""The site around the pages: logging in, being locked out, and what every answer forbids the browser."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client

LOGIN = "/accounts/login/"
PASSWORD = "a long enough passphrase"


@pytest.fixture
def person(db: None) -> Any:
    return get_user_model().objects.create_user(username="lin", password=PASSWORD)


def log_in(client: Client, password: str) -> Any:
    return client.post(LOGIN, {"login": "lin", "password": password})


def test_a_person_logs_in_and_out(client: Client, person: Any) -> None:
    answer = log_in(client, PASSWORD)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert client.session["_auth_user_id"] == str(person.pk)
    client.post("/accounts/logout/")
    assert "_auth_user_id" not in client.session


def test_after_too_many_failures_even_the_right_password_is_refused(client: Client, person: Any) -> None:
    for _ in range(settings.AXES_FAILURE_LIMIT):
        log_in(client, "wrong")
    answer = log_in(client, PASSWORD)
    assert answer.status_code == 429
    assert "_auth_user_id" not in client.session


def test_a_failure_names_neither_the_account_nor_the_password(client: Client, person: Any) -> None:
    known = log_in(client, "wrong").content.decode()
    unknown = client.post(LOGIN, {"login": "nobody-here", "password": "wrong"}).content.decode()
    assert "The username and/or password you specified are not correct." in known
    assert "The username and/or password you specified are not correct." in unknown


def test_nobody_can_sign_up(client: Client, db: None) -> None:
    assert client.get("/accounts/signup/").status_code == 404


def test_every_answer_forbids_foreign_and_inline_content(client: Client, db: None) -> None:
    headers = client.get(LOGIN).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"


def settings_with(**environment: str) -> subprocess.CompletedProcess[str]:
    """Read the settings in a process of their own and print some."""
    code = (
        "import json; from qa import settings as s; print(json.dumps("
        "[s.DEBUG, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_SSL_REDIRECT, s.SECURE_HSTS_SECONDS]))"
    )
    clean = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env={**clean, **environment}
    )


def test_an_empty_environment_is_the_safe_one() -> None:
    assert json.loads(settings_with().stdout) == [False, True, True, True, 3600]


def test_a_database_without_a_secret_key_is_refused() -> None:
    refused = settings_with(DATABASE_URL="postgresql://app@db/interlock")
    assert refused.returncode == 1
    assert refused.stderr == "SECRET_KEY is ''; expected at least 32 random characters, kept secret.\n"
