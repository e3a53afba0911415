"""How fast one process looks followed dossiers up: a table of 100,000, the stand-in portal, real HTTP, real PostgreSQL.

``make bench``. The first run keeps the limit of requests a second that ships with the project, the second none: what
the process could do. Written to ``reports/bench-following.json``. Exit 1 where 100,000 do not fit into their hour.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import psycopg
import typer

from bot import settings
from bot.cli.portal import answers
from bot.cli.tables import show, table
from bot.gateway import database
from bot.portal.second_factor import SecondFactor, key_of
from bot.portal.stand_in import server
from bot.portal.stand_in.samples import generated, load

FOLLOWED, CONVERSATIONS, HOUR_SECONDS = 100_000, 20_000, 3600
CHANGED_EVERY = 50
"""Every so many dossiers have moved since their consent: news are written too."""
NO_LIMIT = 100_000.0
REPORT = settings.HOME / "reports" / "bench-following.json"
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Run:
    """One run. CPU in per cent of one core; ``database_rows_a_second`` as PostgreSQL counts inserts and updates."""

    name: str
    limit_a_second: float | None
    seconds: float
    looked_up: int
    failed: int
    news: int
    a_second: float
    minutes_for_all: float
    poller_cpu: float
    database_cpu: float
    portal_cpu: float
    poller_megabytes: float
    database_rows_a_second: float


def main(
    seconds: Annotated[float, typer.Option(help="How long the run with the limit is measured.")] = 180,
    unlimited: Annotated[float, typer.Option(help="How long the run without one is measured.")] = 30,
    report: Annotated[Path, typer.Option(help="Where the figures are written.")] = REPORT,
) -> None:
    """Measure, print, write."""
    shipped = settings.load().portal_a_second
    with tempfile.TemporaryDirectory(prefix="motcua-bench-") as folder, _portal(folder) as (portal, address):
        known = settings.Settings(var=Path(folder), database_url="")
        try:
            url = database.ensure(known)
            os.environ |= {"DATABASE_URL": url, "MOTCUA_VAR": folder, "MOTCUA_PORTAL_URL": address}
            database.migrate()
            typer.echo(f"{FOLLOWED} followed dossiers are written …", err=True)
            _fill(url, Path(folder))
            pids = {
                "portal": portal,
                "database": int((known.var / "postgres" / "postmaster.pid").read_text().split()[0]),
            }
            runs = [
                _run("with the limit", shipped, seconds, url, pids),
                _run("without a limit", None, unlimited, url, pids),
            ]
        finally:
            database.stop(known)
    report.parent.mkdir(exist_ok=True)
    content = {"followed": FOLLOWED, "cores": os.cpu_count(), "runs": [asdict(run) for run in runs]}
    report.write_text(json.dumps(content, indent=1) + "\n")
    _show(runs)
    raise typer.Exit(0 if runs[0].minutes_for_all <= HOUR_SECONDS / 60 else 1)


@contextmanager
def _portal(folder: str) -> Iterator[tuple[int, str]]:
    """The stand-in as a process of its own: its id and address."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    env = {**os.environ, "MOTCUA_VAR": folder}
    process = subprocess.Popen(server.command(port), cwd=settings.HOME, env=env, stderr=subprocess.DEVNULL)
    try:
        while not answers(f"http://127.0.0.1:{port}"):
            time.sleep(0.1)
        yield process.pid, f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def _fill(url: str, var: Path) -> None:
    """The followed dossiers, all of them due, with the second factor that opens each."""
    from django.utils import timezone

    from bot.gateway.models import Conversation, FollowedDossier

    key, now, today = key_of(settings.secret_key(var / "secret_key")), timezone.now(), settings.today()
    templates = tuple(load()[0].values())
    people = Conversation.objects.bulk_create(
        [Conversation(channel="web", key=f"c{n}") for n in range(CONVERSATIONS)], batch_size=2000
    )
    rows = []
    for number in range(FOLLOWED):
        person = people[number % CONVERSATIONS]
        sample = generated(f"H19.99-{today - timedelta(days=3):%y%m%d}-{number:06d}", templates, today)
        assert sample is not None
        factor = SecondFactor.of(sample.phone_ends, person.sender, key)
        rows.append(
            FollowedDossier(
                conversation=person, code=sample.code, digest=factor.digest, salt=factor.salt, consent_text="bench",
                consented_at=now, status=sample.status if number % CHANGED_EVERY else 1,
                next_poll_at=now - timedelta(hours=1) + timedelta(milliseconds=number),
            )
        )  # fmt: skip
    FollowedDossier.objects.bulk_create(rows, batch_size=2000)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def _run(name: str, limit: float | None, seconds: float, url: str, pids: dict[str, int]) -> Run:
    env = {**os.environ, "MOTCUA_PORTAL_A_SECOND": str(limit or NO_LIMIT)}
    command = [sys.executable, "-m", "bot.gateway.following"]
    with psycopg.connect(url, autocommit=True) as connection:
        before = _counted(connection)
        process = subprocess.Popen(command, cwd=settings.HOME, env=env)
        try:
            while _counted(connection)["news"] == before["news"]:  # the catalogue is loaded with the first news
                time.sleep(0.05)
            first, begun, cpu = _counted(connection), time.monotonic(), _cpu_of(process.pid, pids)
            typer.echo(f"{name}: measuring for {seconds:.0f} s …", err=True)
            time.sleep(seconds)
            last, spent, cpu_after = _counted(connection), time.monotonic() - begun, _cpu_of(process.pid, pids)
            megabytes = _megabytes(process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
    looked_up = last["seen"] - first["seen"]
    used = {part: round(100 * (cpu_after[part] - cpu[part]) / spent, 1) for part in cpu}
    return Run(
        name=name, limit_a_second=limit, seconds=round(spent, 1), looked_up=looked_up,
        failed=last["failed"] - first["failed"], news=last["news"] - first["news"],
        a_second=round(looked_up / spent, 1), minutes_for_all=round(FOLLOWED / (looked_up / spent) / 60, 1),
        poller_cpu=used["poller"], database_cpu=used["database"], portal_cpu=used["portal"],
        poller_megabytes=megabytes, database_rows_a_second=round((last["rows"] - first["rows"]) / spent, 1),
    )  # fmt: skip


def _counted(connection: psycopg.Connection) -> dict[str, int]:
    seen, failed = connection.execute(
        "SELECT count(last_good_at), count(*) FILTER (WHERE failures > 0) FROM gateway_followeddossier"
    ).fetchone() or (0, 0)
    (news,) = connection.execute("SELECT count(*) FROM gateway_outboxmessage").fetchone() or (0,)
    (rows,) = connection.execute(
        "SELECT tup_inserted + tup_updated FROM pg_stat_database WHERE datname = current_database()"
    ).fetchone() or (0,)
    return {"seen": seen, "failed": failed, "news": news, "rows": rows}


def _cpu_of(poller: int, pids: dict[str, int]) -> dict[str, float]:
    """CPU seconds of each part with its children, so far."""
    spent: dict[int, float] = {}
    parents: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        spent[int(folder.name)] = (int(fields[11]) + int(fields[12])) / TICKS
        parents[int(folder.name)] = int(fields[1])
    parts = {"poller": poller, **pids}
    return {
        part: sum(seconds for pid, seconds in spent.items() if root in (pid, parents[pid]))
        for part, root in parts.items()
    }


def _megabytes(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return round(next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024, 1)


def _show(runs: list[Run]) -> None:
    filled = table("", *(run.name for run in runs))
    limits = [f"{run.limit_a_second * settings.FOLLOWING_SHARE:g}" if run.limit_a_second else "–" for run in runs]
    filled.add_row("requests a second allowed", *limits)
    rows = {
        "measured, seconds": "seconds", "dossiers looked up": "looked_up", "look-ups that failed": "failed",
        "news written": "news", "look-ups a second": "a_second", f"minutes for {FOLLOWED}": "minutes_for_all",
        "CPU of the poller, % of a core": "poller_cpu", "CPU of PostgreSQL, %": "database_cpu",
        "CPU of the stand-in, %": "portal_cpu", "memory of the poller, MB": "poller_megabytes",
        "rows written a second": "database_rows_a_second",
    }  # fmt: skip
    for title, name in rows.items():
        filled.add_row(title, *(f"{getattr(run, name):g}" for run in runs))
    show(filled)


if __name__ == "__main__":
    typer.run(main)
