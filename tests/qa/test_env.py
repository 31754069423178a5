"""The environment is read exactly; what cannot be read is refused in words."""

from datetime import time

import pytest

from qa.env import (
    BadSetting,
    Database,
    Redis,
    choice,
    clock_times,
    flag,
    mail_address,
    number,
    text,
    time_zone,
    web_address,
    words,
)


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.delenv("GIVEN", raising=False)
    return monkeypatch


def test_what_is_not_set_or_blank_is_the_default(given: pytest.MonkeyPatch) -> None:
    for value in (None, "", "  "):
        if value is not None:
            given.setenv("GIVEN", value)
        assert text("GIVEN", "default") == "default"
        assert flag("GIVEN", default=True) is True
        assert number("GIVEN", 7) == 7


@pytest.mark.parametrize(("written", "read"), [("1", True), ("Yes", True), ("0", False), ("off", False)])
def test_a_flag_is_read(given: pytest.MonkeyPatch, written: str, read: bool) -> None:
    given.setenv("GIVEN", written)
    assert flag("GIVEN", default=not read) is read


def test_a_misspelt_flag_switches_nothing_off(given: pytest.MonkeyPatch) -> None:
    given.setenv("GIVEN", "ture")
    with pytest.raises(BadSetting) as refused:
        flag("GIVEN", default=True)
    assert str(refused.value) == "GIVEN is 'ture'; expected 1 or 0."


@pytest.mark.parametrize("written", ["-1", "8", "1.0", "²", "x", "1e3"])
def test_a_number_out_of_bounds_or_form_is_refused(given: pytest.MonkeyPatch, written: str) -> None:
    given.setenv("GIVEN", written)
    with pytest.raises(BadSetting, match="a whole number from 0 to 7"):
        number("GIVEN", 3, most=7)


def test_words_lose_their_blanks(given: pytest.MonkeyPatch) -> None:
    given.setenv("GIVEN", " a.example , ,b.example")
    assert words("GIVEN") == ["a.example", "b.example"]


def test_clock_times_come_in_order(given: pytest.MonkeyPatch) -> None:
    given.setenv("GIVEN", "15:00,07:00")
    assert clock_times("GIVEN", "") == [time(7), time(15)]


@pytest.mark.parametrize("written", ["Asia/Shangai", "../../etc/passwd", "Asia"])
def test_an_unknown_time_zone_is_refused(given: pytest.MonkeyPatch, written: str) -> None:
    given.setenv("GIVEN", written)
    with pytest.raises(BadSetting, match="Asia/Shanghai"):
        time_zone("GIVEN", "UTC")


def test_a_database_over_the_network() -> None:
    url = "postgresql://app:p%40ss%2Fw@db.plant.example:5433/inter%20lock?sslmode=verify-full"
    assert Database.from_url("DATABASE_URL", url) == Database(
        name="inter lock",
        user="app",
        password="p@ss/w",
        host="db.plant.example",
        port="5433",
        options={"sslmode": "verify-full"},
    )


def test_a_database_behind_a_socket() -> None:
    found = Database.from_url("DATABASE_URL", "postgresql://app@/interlock?host=%2Frun%2Fpg&port=5433")
    assert (found.host, found.port, found.name, found.options) == ("/run/pg", "5433", "interlock", {})


@pytest.mark.parametrize(
    "url",
    [
        "mysql://app:secret@db/interlock",
        "postgresql://db/interlock",
        "postgresql://app:secret@db/",
        "sqlite:///x",
        "db",
    ],
)
def test_a_database_that_is_no_postgresql_or_names_too_little_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(BadSetting) as refused:
        Database.from_url("DATABASE_URL", url)
    assert "expected postgresql://user:password@host:5432/name" in str(refused.value)
    assert "secret" not in str(refused.value)


def test_a_broker_behind_a_socket_is_spelt_as_celery_wants_it() -> None:
    assert (
        Redis.from_url("REDIS_URL", "unix:///tmp/x/redis?db=3").broker_url
        == "redis+socket:///tmp/x/redis?virtual_host=3"
    )


def test_a_broker_over_the_network_is_spelt_as_given() -> None:
    found = Redis.from_url("REDIS_URL", "rediss://:secret@queue.example:6380/2")
    assert found.broker_url == "rediss://:secret@queue.example:6380/2"
    assert found.place == "queue.example:6380/2"


def test_another_broker_is_refused() -> None:
    with pytest.raises(BadSetting, match="redis://"):
        Redis.from_url("REDIS_URL", "amqp://guest:guest@localhost")


def test_a_choice_is_one_of_the_words(given: pytest.MonkeyPatch) -> None:
    assert choice("GIVEN", "none", ("none", "tls")) == "none"
    given.setenv("GIVEN", "TLS")
    assert choice("GIVEN", "none", ("none", "tls")) == "tls"
    given.setenv("GIVEN", "ssl")
    with pytest.raises(BadSetting, match="none or tls"):
        choice("GIVEN", "none", ("none", "tls"))


@pytest.mark.parametrize("written", ["https://interlock.plant.example", "http://127.0.0.1:8000/"])
def test_an_address_of_a_site_loses_its_last_slash(given: pytest.MonkeyPatch, written: str) -> None:
    given.setenv("GIVEN", written)
    assert web_address("GIVEN") == written.rstrip("/")


@pytest.mark.parametrize(
    "written",
    ["interlock.plant.example", "ftp://plant.example", "https://", "https://a.example/path", "https://u:p@a.example"],
)
def test_what_is_no_address_of_a_site_is_refused(given: pytest.MonkeyPatch, written: str) -> None:
    given.setenv("GIVEN", written)
    with pytest.raises(BadSetting, match="without a path"):
        web_address("GIVEN")


@pytest.mark.parametrize("written", ["a@plant.example", "Interlock <a@plant.example>"])
def test_a_mail_address_is_read(given: pytest.MonkeyPatch, written: str) -> None:
    given.setenv("GIVEN", written)
    assert mail_address("GIVEN") == written


@pytest.mark.parametrize("written", ["plant.example", "a@", "@plant.example", "a@b\nBcc: c@d", "Interlock"])
def test_what_is_no_mail_address_is_refused(given: pytest.MonkeyPatch, written: str) -> None:
    given.setenv("GIVEN", written)
    with pytest.raises(BadSetting, match="a mail address"):
        mail_address("GIVEN")
