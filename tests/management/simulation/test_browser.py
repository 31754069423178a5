"""The simulated people's browser: it keeps a session, reads forms, and never sends a form twice by itself."""

import http.server
import threading

import pytest

from inspections.management.simulation.browser import Browser, NotSignedIn, Page
from inspections.management.simulation.client import OutOfReach

TOKEN = '<input type="hidden" name="csrfmiddlewaretoken" value="T1">'
FORM = f'<form>{TOKEN}<input name="cars" value="1 to 14, &quot;16"></form>'


class Site(http.server.BaseHTTPRequestHandler):
    """Signs everybody in whose password is right, and drops the connection on /gone/."""

    log: list[tuple[str, str, str, str]] = []

    def answer(self, body=""):
        self.log.append((self.command, self.path, self.headers.get("Cookie", ""), body))
        if self.path == "/gone/":
            self.close_connection = True
            self.connection.close()
            return
        signed_in = self.path == "/accounts/login/" and "password=right" in body
        self.send_response(302 if signed_in or self.path == "/done/" else 200)
        if signed_in:
            self.send_header("Set-Cookie", "sessionid=S1; HttpOnly; Path=/")
        if self.path == "/accounts/login/" and self.command == "GET":
            self.send_header("Set-Cookie", "csrftoken=C1; Path=/")
        text = (
            FORM
            if self.command == "GET"
            else '<p class="error" role="alert"><svg></svg><span>It is &lt;wrong&gt;.</span></p>'
        )
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def do_GET(self):
        self.answer()

    def do_POST(self):
        self.answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

    def log_message(self, *_):
        pass


@pytest.fixture
def site():
    Site.log = []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_a_session_is_kept_and_a_form_carries_the_token_of_the_page_read_last(site):
    browser = Browser(site, "officer", "right")
    browser.sign_in()
    browser.sign_in()
    assert browser.read("/batches/").value("cars") == '1 to 14, "16'
    assert browser.send("/done/", {"cars": "1 to 14", "repeats": ["A", "B"]}).done
    browser.close()
    assert [(method, path) for method, path, _, _ in Site.log] == [
        ("GET", "/accounts/login/"),
        ("POST", "/accounts/login/"),
        ("GET", "/batches/"),
        ("POST", "/done/"),
    ]
    assert Site.log[-1][2:] == (
        "csrftoken=C1; sessionid=S1",
        "csrfmiddlewaretoken=T1&cars=1+to+14&repeats=A&repeats=B",
    )


def test_a_wrong_password_is_said_so(site):
    with pytest.raises(NotSignedIn, match=r"officer cannot sign in \(200: It is <wrong>\.\): was the password changed"):
        Browser(site, "officer", "wrong").sign_in()


def test_a_form_that_was_not_answered_is_not_sent_again(site):
    browser = Browser(site, "officer", "right", patience=0.5)
    with pytest.raises(OutOfReach):
        browser.send("/gone/", {})
    assert len(Site.log) == 1


def test_a_page_that_is_not_answered_is_asked_for_again_for_a_while(site):
    with pytest.raises(OutOfReach):
        Browser(site, "officer", "right", patience=0.6).read("/gone/")
    assert len(Site.log) >= 2


def test_what_a_page_lacks_is_empty_and_a_refusal_without_words_is_told_as_one():
    assert Page(200, "<p>nothing</p>").value("seen") == ""
    assert Page(403, "<p>nothing</p>").refusal == "403: the page does not say why"
