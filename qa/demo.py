"""`make demo`: everything that Interlock is, on this machine, with nothing to set up."""

import http.client
import json
import signal
import socket
import sys
import time
from pathlib import Path

from qa import env
from qa.embedded.cluster import Cluster
from qa.embedded.lock import Taken
from qa.embedded.places import Places
from qa.embedded.refusal import CannotStart
from qa.embedded.supervisor import SIGNALS, Supervisor

FIRST_PORT = 8000
PORTS_TRIED = 20


def listen() -> socket.socket:
    """Take the port before anything is started. PORT names the one port wanted; otherwise the next free one is taken.

    Raises CannotStart.
    """
    wanted = env.number("PORT", 0, least=1, most=65535) if env.text("PORT") else 0
    for port in [wanted] if wanted else range(FIRST_PORT, FIRST_PORT + PORTS_TRIED):
        try:
            taken = socket.create_server(("127.0.0.1", port), backlog=128)
        except PermissionError as error:
            raise CannotStart(f"Port {port} is only for root; choose one above 1023: make demo PORT=8001") from error
        except OSError:
            continue
        if port not in (wanted, FIRST_PORT):
            print(f"Port {FIRST_PORT} is taken; using {port}.", flush=True)
        return taken
    if wanted:
        raise CannotStart(f"Port {wanted} is taken by another program. Choose another: make demo PORT={wanted + 1}")
    raise CannotStart(f"Ports {FIRST_PORT} to {port} are all taken. Choose another: make demo PORT=9000")


def already_running(places: Places, taken: Taken) -> CannotStart:
    """What to say to who starts a second demo in the same folder."""
    try:
        address = json.loads(places.environment.read_text())["ADDRESS"]
    except (FileNotFoundError, KeyError):
        address = "it is just starting"
    return CannotStart(
        f"make demo is already running here (pid {taken.pid}): {address}. Stop it with Ctrl-C in its window."
    )


def start_programs(supervisor: Supervisor, listening: socket.socket) -> None:
    """The workers, beat and the web server; the last to start is the first to stop."""
    # Celery warns of root, which here is nobody's choice but the container's.
    celery = ("-W", "ignore::UserWarning:celery.platforms", "-m", "celery", "--quiet", "--app", "qa.celery")
    quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING")
    supervisor.start("decide", *celery, "worker", "--hostname", "decide@%h", "-Q", "urgent", "-c", "1", *quiet)
    supervisor.start("work", *celery, "worker", "--hostname", "work@%h", "-Q", "default,slow", "-c", "1", *quiet)
    supervisor.start("beat", *celery, "beat", "--pidfile=", "--loglevel", "WARNING")
    fd = listening.fileno()
    supervisor.start(
        "web",
        *("-m", "gunicorn", "qa.wsgi", "--workers", "2", "--threads", "4", "--preload", "--log-level", "warning"),
        *("--worker-class", "qa.serving.EvenThreads", "--no-control-socket", "--bind", f"fd://{fd}"),
        pass_fds=(fd,),
    )


def wait_for_answer(supervisor: Supervisor, port: int) -> None:
    """Wait until the web server answers. Raises CannotStart if it or anything else ends before."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        ended = supervisor.first_ended()
        if ended:
            time.sleep(0.3)  # its last lines are still on their way to the screen
            raise CannotStart(f"{ended.running.name} ended with status {ended.process.returncode}; see above.")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            connection.getresponse().read()
            return
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    raise CannotStart("The web server did not answer within 60 s; see above.")


def mail_folder(cluster: Cluster) -> Path:
    """Where each mail of the demo becomes a file."""
    return cluster.places.home / "mail"


def begin(cluster: Cluster, listening: socket.socket) -> tuple[Supervisor, str]:
    """Start everything but the line, and wait until it answers. Returns what runs and the accounts in words."""
    port = listening.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    environment = {
        **cluster.addresses(),
        "DEMO": "1",
        "DEMO_FOLDER": str(cluster.places.home),
        "HTTPS": "0",
        "STATIC_HASHED": "0",
        "STATIC_ROOT": str(cluster.places.home / "static"),
        "ADDRESS": address,
        # No mail leaves this machine: each becomes a file that can be read.
        "EMAIL_FOLDER": str(mail_folder(cluster)),
        "EMAIL_FROM": "Interlock <interlock@demo.invalid>",
        "EMAIL_HOST": "",
        "NOTICES_GATHER_SECONDS": env.text("NOTICES_GATHER_SECONDS", "15"),
        "SEALING_KEYS": str(cluster.places.home / "sealing-keys"),
        "SEALING_KEY": "",
        "LOG_LEVEL": env.text("LOG_LEVEL", "WARNING"),
        "CELERY_LOG_LEVEL": env.text("LOG_LEVEL", "WARNING"),
    }
    supervisor = Supervisor(cluster, environment)
    if cluster.private:
        supervisor.say("Starting a private PostgreSQL and Redis.")
    cluster.start()
    # Django checks the whole once, before the demo is loaded: each time it reads all pages, which takes a second.
    unchecked = "--skip-checks"
    supervisor.run_step("Setting up the tables.", "manage.py", "migrate", "--verbosity", "0", unchecked)
    supervisor.run_step("Making a key that seals the record.", "manage.py", "new_sealing_key", "--if-none", unchecked)
    accounts = supervisor.run_step("Loading the catalogue, two plans and the accounts.", "manage.py", "load_demo")
    start_programs(supervisor, listening)
    listening.close()
    wait_for_answer(supervisor, port)
    cluster.publish(**environment)
    return supervisor, accounts


def run(cluster: Cluster, listening: socket.socket) -> int:
    """Everything between taking the lock and stopping. Returns the exit status."""
    supervisor, accounts = begin(cluster, listening)
    address = supervisor.environment["ADDRESS"]
    supervisor.start("line", "manage.py", "simulate_line", "--demo", "--skip-checks", may_end=True)
    kept = "your data stays in .interlock (make clean-demo removes it)" if cluster.private else "your data stays"
    told = f"Interlock is at {address}\nCtrl-C stops everything; {kept}.\n"
    supervisor.say(f"\n{accounts.rstrip()}\nMails to them become files in {mail_folder(cluster)}\n\n{told}")
    return supervisor.wait()


def main() -> int:
    """Run the demo until Ctrl-C. Returns the exit status: 0 after Ctrl-C, 1 after any failure."""
    for number in SIGNALS:
        signal.signal(number, signal.default_int_handler)
    places = Places.of("demo")
    try:
        listening = listen()
        try:
            cluster = Cluster(places, durable=True)
        except Taken as taken:
            raise already_running(places, taken) from taken
        try:
            return run(cluster, listening)
        finally:
            for number in SIGNALS:
                if signal.getsignal(number) is signal.default_int_handler:
                    signal.signal(number, signal.SIG_IGN)  # stopping is quick now, and is not to be cut short
            cluster.stop()
    except CannotStart as refusal:
        print(refusal, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
