"""The plant that the pictures show: a demo of its own, two runs of the line, one test by hand."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from qa.demo import begin
from qa.embedded.cluster import ADDRESSES, Cluster
from qa.embedded.places import Places
from qa.embedded.supervisor import Supervisor

from .camera import Camera
from .shots import AIRBAG, BATCH, ENDED, FILE, FLAGGED, LEFT, MEASURED, PROFILE, SAYS, SQUIBS, TABLET


@contextmanager
def plant() -> Iterator[Supervisor]:
    """A demo on a free port, with data that goes when it ends; whatever is started on it ends with it."""
    for name in ADDRESSES:
        os.environ.pop(name, None)
    # A name that the next test run sweeps too, should this one be killed.
    cluster = Cluster(Places.of(f"test-screenshots-{os.getpid()}"), durable=False, temporary=True)
    try:
        supervisor, _ = begin(cluster, socket.create_server(("127.0.0.1", 0)))
        play(supervisor)
        yield supervisor
    finally:
        cluster.stop()


def play(supervisor: Supervisor) -> None:
    """Bring the plant to the state that is photographed."""
    line = ("manage.py", "simulate_line", "--pace", "0", "--seed")
    supervisor.run_step("A run of the line to its end: a minute or two.", *line, ENDED, "--until", "delivered")
    supervisor.run_step("A run that is flagged: a minute more.", *line, FLAGGED, "--until", "flagged")


def act(camera: Camera) -> None:
    """What people do before the pictures: an inspector records a test that fails, an officer proposes a release, an
    owner writes a rig profile, an officer issues a certificate."""
    page = camera.open("inspector", "en", "light", TABLET)
    camera.go(page, f"/entry/{MEASURED}/{SQUIBS}/")
    for row in page.locator("[data-reading]").all():
        row.locator("input[type=text]").first.fill("25" if "kΩ" in row.inner_text() else "2.1")
    page.locator(f"[data-reading] input[name$={AIRBAG}]").first.fill("3.80")
    page.locator("button.save").click()
    page.wait_for_url("**/entry/recorded/*/")
    camera.known["recorded"] = page.url.removeprefix(camera.address)
    page.context.close()
    # Only now: a test that fails after the proposal would move its evidence.
    page = camera.open("officer", "en", "light", TABLET)
    camera.go(page, f"/batches/{BATCH}/release/")
    page.locator("form.form button.main").click()
    page.wait_for_url("**/releases/R-*/")
    page.context.close()
    _write_profile(camera)
    _issue_certificate(camera)


def _issue_certificate(camera: Camera) -> None:
    """An officer issues the certificate of a car that has left."""
    page = camera.open("officer", "en", "light", TABLET)
    camera.go(page, f"/vehicles/{LEFT}/certificates/")
    page.locator("form.form button.main").click()
    page.wait_for_url(re.compile(r"/certificates/[^/]+/$"))
    camera.known["certificate"] = page.url.removeprefix(camera.address)
    page.context.close()


def _write_profile(camera: Camera) -> None:
    """An owner writes a rig profile beside a file, and saves what there is of it."""
    page = camera.open("owner", "en", "light", TABLET)
    camera.go(page, "/profile/new/")
    page.locator("[name=code]").fill(PROFILE)
    page.locator("[name=name]").fill("Torque tools of the pack line")
    page.locator("[name=adapter]").select_option("table")
    page.locator("form.form button").last.click()
    page.wait_for_url(f"**/profiles/{PROFILE}/draft/")
    page.locator("input[type=file]").set_input_files(
        {"name": "torque.csv", "mimeType": "text/csv", "buffer": FILE.encode()}
    )
    page.locator("form[enctype] button").click()
    page.wait_for_url("**/draft/?file=*")
    camera.known["profile"] = page.url.removeprefix(camera.address)
    page.locator("[name=document]").fill(SAYS)
    page.locator("button[name=do][value=save]").click()
    page.wait_for_url(f"**/profiles/{PROFILE}/1/**")
    page.context.close()
