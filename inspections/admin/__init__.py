"""The Django admin: master data, rigs, keys and people. No second door to the record: what is recorded is read only."""

from . import batches, catalogue, people, records, releases, results, rigs
from .words import name_tables

__all__ = ["batches", "catalogue", "people", "records", "releases", "results", "rigs"]

name_tables()
