"""``motcua telegram``: the stand-in Telegram, and what is set at Telegram once."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from types import ModuleType
from typing import Annotated

import typer

from bot import settings
from bot.channels.telegram.stand_in import server
from bot.channels.telegram.stand_in.constants import SECRET
from bot.channels.telegram.stand_in.doors import Doors
from bot.cli.stack import StackError
from bot.settings import TIME_ZONE

app = typer.Typer(no_args_is_help=True)


@app.command()
def fake(
    port: Annotated[int, typer.Option(help="The port on 127.0.0.1.", min=1, max=65535)] = server.PORT,
) -> None:
    """Run the stand-in Telegram here, unless it runs already; Ctrl-C stops it."""
    doors = Doors(f"http://127.0.0.1:{port}")
    running = doors.answers()
    if not running and _taken(port):
        raise StackError(f"port {port} on 127.0.0.1 is taken by another program; give another one with --port")
    typer.echo(f"Telegram mẫu (người không có thật): {doors.address}")
    typer.echo("\nĐể máy trả lời nói chuyện với Telegram mẫu:\n" + "\n".join(exports(doors)))
    typer.echo("\nNhư vậy là máy tự hỏi tin mới. Muốn Telegram mẫu tự báo tin thì thêm:")
    typer.echo(f"export MOTCUA_TELEGRAM_SECRET={SECRET}\nmotcua telegram set-webhook http://127.0.0.1:…/…\n")
    if running:
        typer.echo("Đang chạy sẵn.")
        return
    typer.echo("Dừng: Ctrl-C")
    command = server.command(port)
    os.chdir(settings.HOME)
    os.execve(command[0], command, {**os.environ, "PYTHONPATH": str(settings.HOME)})


def exports(doors: Doors) -> list[str]:
    """The lines that make a stack talk to this stand-in."""
    return [f"export {name}={value}" for name, value in doors.settings.items()]


@app.command("set-webhook")
def set_webhook(url: Annotated[str, typer.Argument(help="The public https address that takes updates.")]) -> None:
    """Have Telegram tell updates to this address, with MOTCUA_TELEGRAM_SECRET in their header."""
    with _once() as one_off:
        one_off.set_webhook(settings.load().telegram, url)
    typer.echo("Telegram sẽ báo tin về địa chỉ này.")


@app.command("delete-webhook")
def delete_webhook() -> None:
    """Have Telegram keep updates until they are polled."""
    with _once() as one_off:
        one_off.delete_webhook(settings.load().telegram)
    typer.echo("Telegram giữ tin lại, chờ máy tự hỏi.")


@app.command("set-commands")
def set_commands() -> None:
    """Set the bot's menu: /start, /trogiup, /xoa."""
    with _once() as one_off:
        one_off.set_commands(settings.load().telegram)
        typer.echo("Đã đặt các lệnh: " + ", ".join(f"/{command.command}" for command in one_off.MENU))


@app.command()
def info() -> None:
    """Who the bot is, where its updates go, and what went wrong there last."""
    with _once() as one_off:
        found = one_off.info(settings.load().telegram)
    hook = found.webhook
    typer.echo(f"Bot: @{found.username}\nWebhook: {hook.url or 'không có, máy tự hỏi tin'}")
    typer.echo(f"Tin đang chờ: {hook.pending_update_count}")
    if hook.last_error_message and hook.last_error_date:
        at: datetime = hook.last_error_date.astimezone(TIME_ZONE)
        typer.echo(f"Lỗi gần nhất: {at:%H:%M %d/%m/%Y} {hook.last_error_message}")


@contextmanager
def _once() -> Iterator[ModuleType]:
    """What speaks to Telegram; imported here, for it takes half a second. Raises StackError for what it refuses."""
    from bot.channels.telegram import one_off

    try:
        yield one_off
    except one_off.OneOffError as error:
        raise StackError(str(error)) from None


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
