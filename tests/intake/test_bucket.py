"""The store in a bucket: a server that speaks S3, over HTTP, gets each file once, under its SHA-256, and checks it."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from inspections.intake import bucket
from inspections.intake.bucket import StoreUnavailable
from inspections.intake.storage import FileAltered, FileTooLarge, land_file, open_file, path_of, read_whole

BUCKET = "rig-files"
CONTENT = b"serial;leak\n17;0.043\n" * 500


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def stored(server: str, settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The bucket itself, empty; the store is in it for the length of a test."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "for-the-test-alone")
    made = boto3.resource("s3", endpoint_url=server, region_name="us-east-1").Bucket(BUCKET)
    made.create()
    made.objects.all().delete()
    settings.SUBMISSIONS_DIR = tmp_path
    options = {
        "bucket_name": BUCKET,
        "location": "plant",
        "endpoint_url": server,
        "region_name": "us-east-1",
        "addressing_style": "path",
        "default_acl": None,
    }
    backend = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, bucket.NAME: backend}
    return made


def test_without_a_bucket_named_files_lie_on_disk(settings: Any, tmp_path: Any) -> None:
    settings.SUBMISSIONS_DIR = tmp_path
    assert not bucket.is_used()
    assert path_of(land_file([CONTENT]).sha256).read_bytes() == CONTENT


def test_a_file_lands_under_its_digest_and_is_read_again(stored: Any, tmp_path: Any) -> None:
    landed = land_file([CONTENT[:100], CONTENT[100:]])
    digest = sha256(CONTENT).hexdigest()
    assert (landed.sha256, landed.size) == (digest, len(CONTENT))
    assert [one.key for one in stored.objects.all()] == [f"plant/{digest[:2]}/{digest[2:4]}/{digest}"]
    with open_file(digest) as file:
        assert file.read(6) == b"serial"
        file.seek(0)
        assert file.read() == CONTENT
    assert [place for place in tmp_path.rglob("*") if place.is_file()] == [], "nothing stays on this machine"


def test_the_same_bytes_twice_are_one_file_and_are_not_written_again(stored: Any) -> None:
    digest = land_file([CONTENT]).sha256
    (first,) = list(stored.objects.all())
    before = first.last_modified, first.e_tag
    assert land_file([CONTENT]).sha256 == digest
    (again,) = list(stored.objects.all())
    assert (again.last_modified, again.e_tag) == before


def test_what_lies_under_a_digest_is_never_replaced(stored: Any) -> None:
    digest = sha256(CONTENT).hexdigest()
    stored.put_object(Key=f"plant/{bucket.key_of(digest)}", Body=b"other bytes")
    land_file([CONTENT])
    (found,) = list(stored.objects.all())
    assert found.get()["Body"].read() == b"other bytes"
    with pytest.raises(FileAltered, match="not what landed there"):
        read_whole(digest)


def test_a_file_that_is_not_there_says_so(stored: Any) -> None:
    with pytest.raises(FileNotFoundError):
        open_file("ab" * 32)


def test_a_file_too_large_leaves_nothing(stored: Any, tmp_path: Any) -> None:
    with pytest.raises(FileTooLarge):
        land_file([CONTENT], most=len(CONTENT) - 1)
    assert list(stored.objects.all()) == []
    assert [place for place in tmp_path.rglob("*") if place.is_file()] == []


def test_a_server_that_refuses_lands_nothing_and_says_so(stored: Any, tmp_path: Any) -> None:
    stored.objects.all().delete()
    stored.delete()
    with pytest.raises(StoreUnavailable, match="Nothing was kept"):
        land_file([CONTENT])
    assert [place for place in tmp_path.rglob("*") if place.is_file()] == []


def test_a_server_that_is_gone_lands_nothing_and_reads_nothing(stored: Any, settings: Any) -> None:
    digest = land_file([CONTENT]).sha256
    gone = {**settings.STORAGES[bucket.NAME]["OPTIONS"], "endpoint_url": "http://127.0.0.1:9"}
    backend = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": gone}
    settings.STORAGES = {**settings.STORAGES, bucket.NAME: backend}
    with pytest.raises(StoreUnavailable):
        land_file([CONTENT])
    with pytest.raises(StoreUnavailable):
        open_file(digest)
