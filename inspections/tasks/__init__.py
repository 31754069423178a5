"""Thin entry points of the workers: ids in, a service called. One file a concept; Celery finds them through here."""

from . import deciding, intake, notices, sealing

__all__ = ["deciding", "intake", "notices", "sealing"]
