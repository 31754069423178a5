"""`make clean-demo`: remove the demo's data, unless it runs."""

import sys

from qa.embedded.lock import Lock, Taken
from qa.embedded.places import Places


def main() -> int:
    """Return the exit status."""
    places = Places.of("demo")
    if not places.home.exists():
        return 0
    lock = Lock(places.lock, "make demo")
    try:
        lock.take()
    except Taken as taken:
        print(f"{taken} Stop it with Ctrl-C in its window, then clean.", file=sys.stderr)
        return 1
    places.remove()
    lock.release()
    print(f"Removed {places.home}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
