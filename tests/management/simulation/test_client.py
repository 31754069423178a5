"""The client of the simulated line: one key for each holder, sent again while nobody answers."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from inspections.management.simulation.client import Answer, Client, NoKey, OutOfReach


@pytest.fixture
def server():
    """Answers what `answers` holds, in order and the last for ever, and remembers what was asked."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked.append((self.command, self.path, self.headers["Authorization"], self.headers["Content-Type"], body))
            status, content = answers.pop(0) if len(answers) > 1 else answers[0]
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST  # noqa: N815 the name that the server looks for

        def log_message(self, *args):
            pass

    asked, answers = [], []
    serving = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    serving.asked, serving.answers = asked, answers
    serving.url = f"http://127.0.0.1:{serving.server_address[1]}"
    thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield serving
    serving.shutdown()
    serving.server_close()
    thread.join()


def test_each_holder_sends_its_own_key_to_the_versioned_path(server):
    server.answers.append((201, b'{"id": "1"}'))
    client = Client(server.url, {"MES": "il_m", "R1": "il_r"})
    assert client.post("R1", "inspections/", b"{}") == Answer(201, {"id": "1"})
    client.get("MES", "batches/B/")
    client.close()
    assert server.asked == [
        ("POST", "/api/v1/inspections/", "Bearer il_r", "application/json", b"{}"),
        ("GET", "/api/v1/batches/B/", "Bearer il_m", None, b""),
    ]


def test_unavailable_server_is_asked_again(server):
    server.answers += [(503, b"{}"), (200, b"{}")]
    client = Client(server.url, {"R1": "il_r"})
    assert client.post("R1", "inspections/", b"{}").status == 200
    client.close()
    assert len(server.asked) == 2


def test_server_out_of_reach_is_named_after_the_patience():
    client = Client("http://127.0.0.1:9", {"R1": "il_r"}, patience=0)
    with pytest.raises(OutOfReach, match=r"http://127\.0\.0\.1:9 is out of reach for 0 s"):
        client.post("R1", "inspections/")


def test_unknown_holder_has_no_key():
    with pytest.raises(NoKey, match=r"no key of R9: run `manage\.py load_demo`"):
        Client("http://127.0.0.1:9", {}).get("R9", "batches/")


def test_what_is_no_address_is_refused():
    with pytest.raises(ValueError, match="expected one such as"):
        Client("localhost:8000", {})


def test_problem_says_status_code_place_and_detail():
    content = {"code": "invalid", "detail": "One field.", "errors": [{"pointer": "/id", "detail": "is missing"}]}
    assert Answer(400, content).problem == "400 invalid at /id: is missing"
    assert Answer(409, {"code": "id_conflict", "detail": "It stands."}).problem == "409 id_conflict: It stands."


def test_answer_that_is_no_json_is_shown(server):
    server.answers.append((500, b"<h1>oh</h1>"))
    client = Client(server.url, {"R1": "il_r"})
    assert client.post("R1", "inspections/", json.dumps({}).encode()).problem == "500 : <h1>oh</h1>"
    client.close()
