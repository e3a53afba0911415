"""The running parts on one machine: database, Rasa, actions, worker, following, web; started, watched and stopped.

supervisord keeps them alive: a part that dies is started again within a second. Where the stack runs, and on which
ports, stands in ``var/stack.json``, so that every command finds it.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import requests

from bot import settings
from bot.cli.training import rasa_environment, tool, train
from bot.portal.stand_in import server as stand_in

WEB_PORT = 8080
READY_SECONDS = 180
STOP_SECONDS = 40
SAMPLE_HOUR = "60"
"""Seconds that count as an hour for followed dossiers of the stand-in: who moves one sees the news while they look."""
BEHIND_WEB = ("nice", "-n", "5")
"""All parts but the web page: a messenger's call is answered first, whatever is being worked out."""
Notice = Callable[[str], None]


class StackError(RuntimeError):
    """The stack cannot be started, or is not as the command needs it; says what to do."""


@dataclass(frozen=True)
class Stack:
    """A running stack: its addresses, all on loopback, and the day it was started with.

    ``portal`` is the stand-in portal, empty where the settings name a real one.
    """

    web: str
    rasa: str
    actions: str
    database_url: str
    today: str
    portal: str = ""

    def ready(self) -> bool:
        """True where every part answers."""
        try:
            return requests.get(f"{self.web}/healthz", timeout=5).ok
        except requests.RequestException:
            return False


def _state_file() -> Path:
    return settings.load().var / "stack.json"


def _pid_file() -> Path:
    return settings.load().var / "supervisord.pid"


def _supervisor_pid() -> int | None:
    """The process id of our supervisord, None where it does not run."""
    try:
        pid = int(_pid_file().read_text())
        os.kill(pid, 0)
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError):
        return None
    return pid if b"supervisord" in command else None


def running() -> Stack | None:
    """The stack of this checkout, None where none runs."""
    try:
        state = json.loads(_state_file().read_text())
    except (OSError, ValueError):
        return None
    return Stack(**state) if _supervisor_pid() else None


def _free_port(wanted: int = 0) -> int:
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise StackError("no free port on 127.0.0.1")


def _programs(stack: Stack, model: Path) -> dict[str, list[str]]:
    """The command line of each part."""
    python = sys.executable
    ports = {name: getattr(stack, name).rsplit(":", 1)[1] for name in ("web", "rasa", "actions")}
    portal = {"portal": stand_in.command(int(stack.portal.rsplit(":", 1)[1]))} if stack.portal else {}
    following = {"following": [python, "-m", "bot.gateway.following"]} if settings.load().portal_can_verify else {}
    telegram = settings.load().telegram
    polling = {"telegram": [python, "-m", "bot.gateway.polling"]} if telegram.token and not telegram.secret else {}
    return {
        **portal,
        **following,
        **polling,
        "rasa": [
            tool("rasa"), "run", "-m", str(model), "-i", "127.0.0.1", "-p", ports["rasa"],
            "--endpoints", "endpoints.yml", "--credentials", "credentials.yml",
        ],
        "actions": [python, "-m", "rasa_sdk", "--actions", "actions", "--port", ports["actions"]],
        "worker": [python, "-m", "bot.gateway.worker"],
        "jobs": [python, "-m", "bot.gateway.jobs"],
        "web": [
            tool("gunicorn"), "bot.gateway.wsgi:application", "--bind", f"127.0.0.1:{ports['web']}",
            "--worker-class", "gthread", "--workers", "1", "--threads", "16", "--graceful-timeout", "20",
            "--access-logfile", "/dev/null", "--forwarder-headers", "SCRIPT_NAME,PATH_INFO,NUM_RETRY",
        ],
    }  # fmt: skip


def _stand_in() -> str:
    """The address for the stand-in portal, empty where the settings name a portal, or the official page."""
    if os.environ.get("MOTCUA_PORTAL_URL", "").strip() or settings.load().portal == "manual":
        return ""
    return f"http://127.0.0.1:{_free_port(stand_in.PORT)}"


def _environment(stack: Stack) -> dict[str, str]:
    contract = "/ngsp" if settings.load().portal == "ngsp" else ""
    hour = os.environ.get("MOTCUA_FOLLOW_SECONDS", SAMPLE_HOUR)
    sample = {"MOTCUA_PORTAL_URL": stack.portal + contract, "MOTCUA_FOLLOW_SECONDS": hour} if stack.portal else {}
    return {
        **rasa_environment(),
        **sample,
        "DATABASE_URL": stack.database_url,
        "MOTCUA_RASA_URL": stack.rasa,
        "MOTCUA_ACTIONS_URL": f"{stack.actions}/webhook",
        "MOTCUA_WEB_URL": stack.web,
        "DJANGO_SETTINGS_MODULE": "bot.gateway.config",
        "SANIC_HOST": "127.0.0.1",
        "SANIC_SERVER_HEADER": "",
    }


def _write_configuration(stack: Stack, model: Path) -> Path:
    var = settings.load().var
    logs = var / "log"
    logs.mkdir(parents=True, exist_ok=True)
    blocks = [
        f"[supervisord]\nlogfile={logs}/supervisord.log\npidfile={_pid_file()}\nchildlogdir={logs}\nminfds=1024\n"
    ]
    for name, command in _programs(stack, model).items():
        line = " ".join(command if name == "web" else (*BEHIND_WEB, *command))
        blocks.append(
            f"[program:{name}]\ncommand={line}\ndirectory={settings.HOME}\nautorestart=true\n"
            f"startretries=1000\nstartsecs=1\nstopwaitsecs=25\nstopasgroup=true\nkillasgroup=true\n"
            f"redirect_stderr=true\nstdout_logfile={logs}/{name}.log\nstdout_logfile_maxbytes=5MB\n"
            "stdout_logfile_backups=2\n"
        )
    file = var / "supervisord.conf"
    file.write_text("\n".join(blocks).replace("%", "%%"))
    return file


def start(notice: Notice = lambda text: None) -> Stack:
    """Starts everything and waits until it answers. Raises StackError, TrainingFailed."""
    from bot.gateway import database  # Django is configured only after DATABASE_URL is known

    known = settings.load()
    known.var.mkdir(parents=True, exist_ok=True)
    notice("1/4 kiểm tra mô hình, huấn luyện nếu dữ liệu đã đổi")
    model = train()
    notice("2/4 mở cơ sở dữ liệu")
    url = database.ensure(known)
    os.environ["DATABASE_URL"] = url
    database.migrate()
    stack = Stack(
        web=f"http://127.0.0.1:{_free_port(int(os.environ.get('MOTCUA_PORT', WEB_PORT)))}",
        rasa=f"http://127.0.0.1:{_free_port()}",
        actions=f"http://127.0.0.1:{_free_port()}",
        database_url=url,
        today=os.environ.get("MOTCUA_TODAY", ""),
        portal=_stand_in(),
    )
    notice("3/4 khởi động các phần")
    configuration = _write_configuration(stack, model)
    command = [tool("supervisord"), "-c", str(configuration)]
    subprocess.run(command, cwd=settings.HOME, env=_environment(stack), check=True, stdout=subprocess.DEVNULL)
    _state_file().write_text(json.dumps(asdict(stack), indent=1))
    notice("4/4 đợi các phần trả lời")
    _wait_until_ready(stack)
    return stack


def _wait_until_ready(stack: Stack) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if stack.ready():
            return
        if _supervisor_pid() is None and time.monotonic() > deadline - READY_SECONDS + 10:
            break
        time.sleep(0.25)
    logs = settings.load().var / "log"
    raise StackError(f"the parts did not come up in {READY_SECONDS} s; their logs are {logs}/*.log")


def stop() -> bool:
    """Stops the stack and the embedded database; False where nothing ran."""
    from bot.gateway import database

    pid = _supervisor_pid()
    if pid:
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while _supervisor_pid() and time.monotonic() < deadline:
            time.sleep(0.1)
    _state_file().unlink(missing_ok=True)
    database.stop(settings.load())
    return pid is not None


@contextmanager
def available(notice: Notice = lambda text: None) -> Iterator[Stack]:
    """The running stack, or one of its own that is stopped at the end. Raises StackError, TrainingFailed."""
    found = running()
    if found:
        if found.today != os.environ.get("MOTCUA_TODAY", ""):
            raise StackError(
                f"the stack runs with the day {found.today or 'of the clock'}; stop it with 'motcua stop' first"
            )
        os.environ["DATABASE_URL"] = found.database_url
        yield found
        return
    try:
        yield start(notice)
    finally:
        stop()


def wait_until_stopped() -> None:
    """Returns when the stack is stopped from elsewhere."""
    while _supervisor_pid():
        time.sleep(0.5)
