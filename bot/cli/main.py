"""``motcua``: every command of the project. Exit codes: 0 done, 1 findings, 2 wrong use."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.cli import (
    asking,
    channels,
    comparing,
    evaluating,
    linking,
    nlu,
    outbox,
    places,
    portal,
    procedures,
    stack,
    telegram,
    training,
    zalo,
)
from bot.gateway.database import DatabaseError
from bot.portal.stand_in.server import SamplesError
from bot.settings import SettingError

app = typer.Typer(help="Một Cửa: trợ lý thủ tục hành chính.", no_args_is_help=True, add_completion=False)
app.add_typer(procedures.app, name="procedures", help="The catalogue: check, show, index.")
app.add_typer(places.app, name="places", help="Communes and wards, old names, offices: check, find.")
app.add_typer(linking.app, name="linking", help="How procedures are found: fit.")
app.add_typer(portal.app, name="portal", help="The stand-in portal: run it here.")
app.add_typer(telegram.app, name="telegram", help="The stand-in Telegram, the webhook, the menu of commands.")
app.add_typer(zalo.app, name="zalo", help="Signing in for the Official Account; the stand-in Zalo.")
app.add_typer(channels.app, name="channel", help="Switch a channel off and on.")
app.add_typer(outbox.app, name="outbox", help="Messages that did not go out: list, resend.")
app.command()(asking.ask)
app.command()(asking.chat)
app.command()(evaluating.evaluate)
app.command()(comparing.evaluate_stock)


def notice(text: str) -> None:
    """Progress goes to stderr, so that stdout holds only the result."""
    typer.echo(text, err=True)


@app.command()
def run() -> None:
    """Start everything that is missing and print the addresses; Ctrl-C stops it."""
    running = stack.running()
    if running:
        typer.echo(f"Đang chạy sẵn: {running.web}")
        return
    started = stack.start(notice)
    sample = f"  Cổng mẫu, hồ sơ mẫu: {started.portal}\n" if started.portal else ""
    typer.echo(f"\nMột Cửa đã sẵn sàng.\n  Trang trò chuyện: {started.web}\n{sample}  Dừng: Ctrl-C, hoặc motcua stop\n")
    try:
        stack.wait_until_stopped()
    except KeyboardInterrupt:
        notice("Đang dừng …")
        stack.stop()


@app.command()
def stop() -> None:
    """Stop the running stack."""
    typer.echo("Đã dừng." if stack.stop() else "Không có gì đang chạy.")


@app.command()
def train(force: Annotated[bool, typer.Option(help="Train even if nothing changed.")] = False) -> None:
    """Train the model, if what it learns from has changed."""
    typer.echo(str(training.train(force)))


@app.command()
def mask(file: Annotated[Path | None, typer.Argument(help="A file; standard input if missing.")] = None) -> None:
    """Lines in, the same lines with personal numbers masked out."""
    from bot.language.masking import mask as mask_text

    lines = file.open(encoding="utf-8", errors="replace") if file else sys.stdin
    for line in lines:
        typer.echo(mask_text(line.rstrip("\n")).text)


def main() -> None:
    """The entry of the ``motcua`` command: typed errors become one sentence and exit code 2."""
    try:
        app()
    except (
        stack.StackError, training.TrainingFailed, nlu.HearingFailed, comparing.ComparisonFailed,
        DatabaseError, SettingError, SamplesError,
    ) as error:  # fmt: skip
        typer.echo(f"motcua: {error}", err=True)
        sys.exit(2)
