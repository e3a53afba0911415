"""``motcua portal``: the stand-in portal, for trying the flow out and for tests."""

from __future__ import annotations

import json
import logging
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import requests
import typer

from bot import settings
from bot.catalogue.catalogue import Catalogue
from bot.cli import stack
from bot.cli.tables import show, table
from bot.portal.answers import DossierTeller
from bot.portal.calendar import Calendar
from bot.portal.faults import CODE, LONGEST_SECONDS, matrix
from bot.portal.stand_in import server
from bot.portal.stand_in.wire import SAMPLE_HEADER
from bot.portal.statuses import Statuses

app = typer.Typer(invoke_without_command=True)


@app.callback()
def portal(
    context: typer.Context,
    port: Annotated[int, typer.Option(help="The port on 127.0.0.1.", min=1, max=65535)] = server.PORT,
    reset: Annotated[bool, typer.Option("--reset", help="First undo every change, every fault off.")] = False,
) -> None:
    """Run the stand-in portal here, unless it runs already; Ctrl-C stops it."""
    if context.invoked_subcommand:
        return
    found = stack.running()
    address = (found and found.portal) or f"http://127.0.0.1:{port}"
    if answers(address):
        if reset:
            requests.post(f"{address}/_reset", timeout=5).raise_for_status()
            typer.echo("Hồ sơ mẫu đã trở về như ban đầu.")
        typer.echo(f"Cổng mẫu đang chạy sẵn: {address}")
        return
    if _taken(port):
        raise stack.StackError(f"port {port} on 127.0.0.1 is taken by another program; give another one with --port")
    if reset:
        server.state_file().unlink(missing_ok=True)
    server.build()  # what is wrong in dossiers.yml is said here, not in a worker's log
    typer.echo(f"Cổng mẫu (dữ liệu mẫu): http://127.0.0.1:{port}\nDừng: Ctrl-C")
    command = server.command(port)
    os.chdir(settings.HOME)
    os.execve(command[0], command, {**os.environ, "PYTHONPATH": str(settings.HOME)})


@app.command()
def faults(as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False) -> None:
    """Every fault of the stand-in against every adapter: outcome, seconds, what the citizen reads. About 20 s.

    Exit 1: one took longer than a citizen may wait.
    """
    logging.getLogger("bot.portal").setLevel(logging.CRITICAL)
    data = settings.load().data
    statuses = Statuses.load(data)
    teller = DossierTeller(Catalogue.load(data), statuses, Calendar.load(data), settings.today())
    with _own_stand_in() as address:
        cells = list(matrix(address, statuses.status_of, lambda found: teller.answer(found, CODE, digits_given=True)))
    if as_json:
        rows = [
            {"fault": c.fault, "adapter": c.adapter, "outcome": c.looked_up.outcome.value, "sentence": c.sentence,
             "seconds": round(c.seconds, 2)}
            for c in cells
        ]  # fmt: skip
        typer.echo(json.dumps(rows, ensure_ascii=False))
    else:
        filled = table("fault", "adapter", "outcome", "seconds", "what the citizen reads")
        for c in cells:
            first = c.sentence.splitlines()[0]
            filled.add_row(c.fault or "–", c.adapter, c.looked_up.outcome.value, f"{c.seconds:.2f}", first)
        show(filled)
    raise typer.Exit(1 if any(c.seconds > LONGEST_SECONDS for c in cells) else 0)


@contextmanager
def _own_stand_in() -> Iterator[str]:
    """A stand-in with untouched samples, so that the faults strike nobody else. Raises StackError."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as var:
        env = {**os.environ, "MOTCUA_VAR": var}
        process = subprocess.Popen(server.command(port), cwd=settings.HOME, env=env, stderr=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + 30
            while not answers(f"http://127.0.0.1:{port}"):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise stack.StackError("the stand-in portal does not come up; 'motcua portal' says why")
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(20)


def answers(address: str) -> bool:
    """True where a stand-in portal answers at this address."""
    try:
        return SAMPLE_HEADER[0] in requests.get(f"{address}/_faults", timeout=2).headers
    except requests.RequestException:
        return False


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
