"""A sealer as a process of its own: seals every so many seconds, as a worker does, and says when each seal was done.

`python -m tests.bench.sealer SECONDS`, on the database that DATABASE_URL names, until it is ended.
"""

from __future__ import annotations

import sys
import time


def main(period: float) -> None:
    import django

    django.setup()
    from django.utils import timezone

    from inspections.sealing.services import seal_ledger

    due = time.monotonic()
    while True:
        for seal in seal_ledger(at=timezone.now()):
            print(f"{seal.number} {time.time():.6f}", flush=True)
        print("idle", flush=True)
        due = max(due + period, time.monotonic())
        time.sleep(max(0.0, due - time.monotonic()))


if __name__ == "__main__":
    main(float(sys.argv[1]))
