from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from inspections.sealing.keys import KeyRefusal, key_ring, write_new_key


class Command(BaseCommand):
    help = (
        "Make an Ed25519 key that seals the record, in the folder of SEALING_KEYS. While an older private key lies"
        " there too, both sign; take the older one's NAME.pem away after a day and keep its NAME.pub.pem for ever."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--if-none", action="store_true", help="only where no private key lies there yet")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["if_none"] and self._has_one():
                return
            key, path = write_new_key(at=timezone.now())
        except KeyRefusal as refused:
            raise CommandError(refused.english) from refused
        self.stdout.write(f"{key.key_id} {path}")

    def _has_one(self) -> bool:
        try:
            return bool(key_ring().signing)
        except KeyRefusal:
            return False
