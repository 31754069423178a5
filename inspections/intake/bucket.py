"""The store in a bucket of an S3-compatible server, where `SUBMISSIONS_BUCKET` names one."""

from __future__ import annotations

import base64
import tempfile
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.storage import InvalidStorageError, storages
from storages.backends.s3 import S3Storage

from ..saying import Refusal, say

NAME: Final = "submissions"
"""In the setting STORAGES."""
_IN_MEMORY: Final = 4 * 1024 * 1024
_THERE: Final = frozenset({"PreconditionFailed", "412"})
_GONE: Final = frozenset({"NoSuchKey", "NotFound", "404"})


class StoreUnavailable(Refusal):
    """The bucket's server cannot be reached, or refuses: nothing was stored or read. It may be tried again."""

    def __init__(self) -> None:
        super().__init__(say("The store of files cannot be reached. Nothing was kept; send the same again later."))


def is_used() -> bool:
    return NAME in storages.backends


def key_of(digest: str) -> str:
    """Of what has this SHA-256, in hexadecimal digits."""
    return f"{digest[:2]}/{digest[2:4]}/{digest}"


def put(file: Path, digest: bytes) -> None:
    """Store the file under its SHA-256, unless it is there. The server checks what it received against the digest.

    Raises StoreUnavailable.
    """
    with file.open("rb") as body:
        try:
            _object(digest.hex()).put(
                Body=body, IfNoneMatch="*", ChecksumSHA256=base64.b64encode(digest).decode("ascii")
            )
        except ClientError as error:
            if _code(error) not in _THERE:
                raise StoreUnavailable from error
        except BotoCoreError as error:
            raise StoreUnavailable from error


def fetch(digest: str) -> BinaryIO:
    """A copy of what lies under this SHA-256, from its beginning; gone when closed.

    Raises FileNotFoundError, StoreUnavailable.
    """
    copy = cast("BinaryIO", tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY))  # noqa: SIM115 the caller closes it
    try:
        _object(digest).download_fileobj(copy)
    except (ClientError, BotoCoreError) as error:
        copy.close()
        if isinstance(error, ClientError) and _code(error) in _GONE:
            raise FileNotFoundError(f"Nothing lies under {key_of(digest)} in the bucket.") from error
        raise StoreUnavailable from error
    copy.seek(0)
    return copy


def _object(digest: str) -> Any:
    storage = storages[NAME]
    if not isinstance(storage, S3Storage):
        raise InvalidStorageError(f"The storage {NAME!r} has to be an S3Storage, not {type(storage).__name__}.")
    return storage.bucket.Object(f"{storage.location.strip('/')}/{key_of(digest)}".lstrip("/"))


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
