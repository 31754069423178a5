"""Finds the files that a loading command was given, and reads the documents of one format from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from .documents import Document, Problem, read_documents
from .schema import CATALOGUE_FORMAT, PLAN_FORMAT

SHIPPED: Final = Path(__file__).with_name("data")
"""The catalogue and the plans that come with the product."""

_MOST_BYTES: Final = 8 * 1024 * 1024
_FORMATS: Final = (CATALOGUE_FORMAT, PLAN_FORMAT)


def read_files(paths: Iterable[str], wanted: str) -> tuple[list[Document], list[Problem]]:
    """The documents of the wanted format in files and folders; those of the other known format are passed over.

    A document of no known format is kept, for the schema to refuse it with its line.
    """
    documents: list[Document] = []
    problems: list[Problem] = []
    for path in _files(paths, problems):
        if path.stat().st_size > _MOST_BYTES:
            problems.append(Problem(str(path), 1, f"found more than {_MOST_BYTES} bytes, expected a smaller file"))
            continue
        found, refused = read_documents(str(path), path.read_bytes())
        problems += refused
        documents += (each for each in found if each.format == wanted or each.format not in _FORMATS)
    if not documents and not problems:
        problems.append(Problem(" ".join(str(path) for path in paths), 1, f"found no document of format {wanted}"))
    return documents, problems


def _files(paths: Iterable[str], problems: list[Problem]) -> Iterator[Path]:
    seen: set[Path] = set()
    for name in paths:
        path = Path(name)
        if path.is_dir():
            found = sorted(each for each in path.rglob("*") if each.suffix in (".yaml", ".yml") and each.is_file())
        elif path.is_file():
            found = [path]
        else:
            found = []
            problems.append(Problem(name, 1, "found neither a file nor a folder of that name"))
        for each in found:
            if each.resolve() not in seen:
                seen.add(each.resolve())
                yield each
