"""``motcua zalo``: signing in for the account; the stand-in Zalo, for trying the flow out and for tests."""

from __future__ import annotations

import os
import socket
from typing import Annotated

import typer

from bot import settings
from bot.channels.zalo.stand_in import constants, server
from bot.channels.zalo.stand_in.switches import loopback
from bot.cli import zalo_login
from bot.cli.stack import StackError

app = typer.Typer(no_args_is_help=True)
app.command()(zalo_login.login)
app.command()(zalo_login.status)


@app.command()
def fake(
    port: Annotated[int, typer.Option(help="The port on 127.0.0.1.", min=1, max=65535)] = server.PORT,
    webhook: Annotated[str, typer.Option(help="Where its events go, on this machine.")] = "",
    scale: Annotated[float, typer.Option(help="Multiplies the seconds between two attempts.", min=0)] = 1.0,
) -> None:
    """Run the stand-in Zalo here; Ctrl-C stops it."""
    try:
        loopback(webhook)
    except ValueError as error:
        raise StackError(f"--webhook: {error}") from None
    if _taken(port):
        raise StackError(f"port {port} on 127.0.0.1 is taken by another program; give another one with --port")
    address = f"http://127.0.0.1:{port}"
    typer.echo(f"Zalo mẫu (người không có thật): {address}")
    typer.echo(f"Gửi tin của họ về: {webhook or 'chưa có địa chỉ, chạy lại với --webhook'}")
    typer.echo("\nĐể máy trả lời nói chuyện với Zalo mẫu:\n" + "\n".join(exports(address)))
    typer.echo(f"\nCặp token đầu tiên: curl -X POST {address}/_bootstrap\n\nDừng: Ctrl-C")
    command = server.command(port, webhook, scale)
    os.chdir(settings.HOME)
    os.execve(command[0], command, {**os.environ, "PYTHONPATH": str(settings.HOME)})


def exports(address: str) -> list[str]:
    """The lines that make a stack talk to the stand-in at this address."""
    values = {
        "API": address, "OAUTH": address, "APP_ID": constants.APP_ID, "APP_SECRET": constants.APP_SECRET,
        "OA_ID": constants.OA_ID, "OA_SECRET": constants.OA_SECRET, "MEDIA_HOSTS": "127.0.0.1",
    }  # fmt: skip
    return [f"export MOTCUA_ZALO_{name}={value}" for name, value in values.items()]


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
