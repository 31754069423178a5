"""Readers of rig files, one module a format. Pure: importable without Django.

The standard library alone, but for pyarrow where traces are written.

`registry.detect` finds the reader of a file, the reader's `parse` yields `canonical.CanonicalInspection`, `locating`
says at which position of a characteristic a value belongs, `drafting` turns one report into a first procedure.
"""
