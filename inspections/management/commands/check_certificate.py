"""Says whether a code or a signed record is genuine, by public keys alone: neither database nor site is asked."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ...certificates.check_certificate import main


class Command(BaseCommand):
    help = (
        "Check what a QR code carries, or a signed record (and its PDF), with the plant's public keys. Whether the"
        " paper is still valid only the plant's page tells."
    )

    # It must help where neither database nor site is at hand.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("text", metavar="TEXT", nargs="?", help="what the QR code carries")
        parser.add_argument("--key", metavar="FILE", required=True, help="file with the public keys, PEM")
        parser.add_argument("--record", metavar="FILE", help="the signed record, instead of TEXT")
        parser.add_argument("--pdf", metavar="FILE", help="the paper, checked with --record")

    def handle(self, *args: Any, text: str | None, key: str, record: str | None, pdf: str | None, **_: Any) -> None:
        words = [key, *([text] if text is not None else [])]
        words += ["--record", record] if record is not None else []
        words += ["--pdf", pdf] if pdf is not None else []
        if (text is None) == (record is None) or (pdf is not None and record is None):
            raise CommandError("give either the text of the code, or --record, with --pdf if you like")
        status = main(words)
        if status:
            raise CommandError("not genuine" if status == 1 else "nothing was checked", returncode=status)
