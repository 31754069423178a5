"""A small mail server on 127.0.0.1, a process of its own: keeps each mail as a file and can be told to misbehave.

`python -m tests.notices.mail_server FOLDER [PORT]`. It writes its port to FOLDER/port. FOLDER/behave holds a word:
`refuse` answers every recipient 550, `busy` answers 451, `swallow` takes a mail and hangs up before it says so.
"""

from __future__ import annotations

import socketserver
import sys
from itertools import count
from pathlib import Path
from typing import Any

_numbers = count(1)


class Conversation(socketserver.StreamRequestHandler):
    """One client, as RFC 5321 has it."""

    @property
    def folder(self) -> Path:
        return Path(self.server.folder)  # type: ignore[attr-defined]

    def behaves(self, word: str) -> bool:
        file = self.folder / "behave"
        return file.exists() and file.read_text().strip() == word

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def handle(self) -> None:
        self.say("220 here")
        while line := self.rfile.readline().decode(errors="replace").strip():
            verb = line.partition(" ")[0].upper()
            if verb == "QUIT":
                self.say("221 bye")
                return
            if verb == "RCPT" and self.behaves("refuse"):
                self.say("550 nobody here of this name")
            elif verb == "RCPT" and self.behaves("busy"):
                self.say("451 try later")
            elif verb == "DATA":
                self.say("354 go on")
                self.keep()
                if self.behaves("swallow"):
                    return
                self.say("250 kept")
            else:
                self.say("250 fine")

    def keep(self) -> None:
        lines: list[bytes] = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b"."))
        file = self.folder / f"{next(_numbers):04d}.new"
        file.write_bytes(b"".join(lines))
        file.rename(file.with_suffix(".eml"))


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def main(folder: str, port: str = "0") -> None:
    with Server(("127.0.0.1", int(port)), Conversation) as server:
        server.folder = folder  # type: ignore[attr-defined]
        place = Path(folder) / "port.new"
        place.write_text(str(server.server_address[1]))
        place.rename(Path(folder) / "port")
        server.serve_forever()


def mails(folder: Path) -> list[Any]:
    """What arrived, in order."""
    from email import message_from_bytes
    from email.policy import default

    return [message_from_bytes(file.read_bytes(), policy=default) for file in sorted(folder.glob("*.eml"))]


if __name__ == "__main__":
    main(*sys.argv[1:])
