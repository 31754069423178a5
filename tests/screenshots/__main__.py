"""Take the pictures of docs/images anew, or those named. Needs Chromium, and a CJK font for the Chinese pages."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys

from playwright.sync_api import sync_playwright

from qa.embedded.places import PROJECT
from qa.embedded.refusal import CannotStart
from tests.chromium import find_chromium

from .camera import Camera, NoWay
from .scene import act, plant
from .shots import SHOTS

FOLDER = PROJECT / "docs" / "images"
MOST = 4 * 1024**2
"""Bytes of all pictures together: who clones the project fetches them."""


def main() -> int:
    names = [shot.name for shot in SHOTS]
    parser = argparse.ArgumentParser(prog="python -m tests.screenshots", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *names], metavar="NAME", help=", ".join(names))
    wanted = parser.parse_args().names or names
    try:
        require_tools()
        FOLDER.mkdir(exist_ok=True)
        with plant() as running, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
            camera = Camera(browser, running.environment["ADDRESS"], FOLDER)
            act(camera)
            for shot in SHOTS:
                if shot.name in wanted:
                    print(f"{shot.name}: {camera.take(shot) // 1024} KB in four pictures", flush=True)
            browser.close()
    except (CannotStart, NoWay) as refusal:
        print(refusal, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    size = sum(file.stat().st_size for file in FOLDER.glob("*.webp"))
    print(f"docs/images holds {size / 1024**2:.1f} MB; at most {MOST // 1024**2} MB are wanted.")
    return 1 if size > MOST else 0


def require_tools() -> None:
    """Raises CannotStart where the pictures could not be taken, or would show boxes for Chinese letters."""
    if not find_chromium():
        raise CannotStart("No Chromium was found: install your system's chromium package, or set CHROMIUM to its path.")
    if shutil.which("fc-list"):
        asked = subprocess.run(["fc-list", ":lang=zh-cn", "family"], capture_output=True, text=True, check=False)  # noqa: S607
        if not asked.stdout.strip():
            raise CannotStart(
                "No font with Chinese letters was found, and the Chinese pages would show boxes: "
                "install Noto Sans CJK (Debian: fonts-noto-cjk)."
            )


if __name__ == "__main__":
    sys.exit(main())
