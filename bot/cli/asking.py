"""``motcua ask`` and ``motcua chat``: questions from the terminal, answered by the real stack."""

from __future__ import annotations

import json
import sys
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.cli import stack

NEWS_SECONDS = 2.0


def _notice(text: str) -> None:
    typer.echo(text, err=True)


def _show(answer: dict[str, Any]) -> None:
    for reply in answer["replies"]:
        typer.echo(reply["text"])
        for number, button in enumerate(reply["buttons"], 1):
            typer.echo(f"  [{number}] {button['title']}")
        typer.echo()


def read_lines(file: Path) -> Iterator[dict[str, Any]]:
    """The conversations of a ``--jsonl`` file. Exits with code 2 and the line for one that is none."""
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                item = json.loads(line)
                turns = item["turns"]
                good = isinstance(turns, list) and turns and all(isinstance(t, str) for t in turns) and "id" in item
            except (ValueError, TypeError, KeyError):
                good = False
            if not good:
                _notice(f'{file.name}: line {number}: needs {{"id": …, "turns": ["…"]}}')
                raise typer.Exit(2)
            yield item


def _ask_file(file: Path) -> None:
    from rich.console import Console
    from rich.progress import track

    from bot.gateway import asking

    items = list(read_lines(file))
    answers = asking.conversations(item["turns"] for item in items)
    for item, turns in track(zip(items, answers, strict=True), "hỏi", len(items), console=Console(stderr=True)):
        told = {"id": item["id"], "turns": [answer.as_dict() for answer in turns]}
        typer.echo(json.dumps(told, ensure_ascii=False))


def ask(
    text: Annotated[str | None, typer.Argument(help="The question.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Texts, buttons and the turn record as JSON.")] = False,
    jsonl: Annotated[Path | None, typer.Option(help="A file of conversations, one JSON object a line.")] = None,
) -> None:
    """Ask one question, or every conversation of a file."""
    if (text is None) == (jsonl is None):
        _notice("motcua ask: give one question, or --jsonl FILE")
        raise typer.Exit(2)
    if jsonl and not jsonl.is_file():
        _notice(f"motcua ask: {jsonl} is missing")
        raise typer.Exit(2)
    with stack.available(_notice):
        _set_up()
        if jsonl:
            _ask_file(jsonl)
            return
        from bot.gateway import asking

        answer = asking.conversation([text or ""])[0].as_dict()
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False, indent=1))
    else:
        _show(answer)


def chat() -> None:
    """Talk in the terminal; an empty line or Ctrl-D ends it. A number picks a button. News come while it waits."""
    with stack.available(_notice):
        _set_up()
        from bot.gateway import asking  # only now is Django set up

        key, buttons = f"chat-{uuid.uuid4()}", list[dict[str, str]]()
        typer.echo("Mình hỏi gì, gõ rồi Enter. Dòng trống để thôi.")
        with _telling_news(key):
            while text := _line():
                chosen = int(text) - 1 if text.isdigit() and len(text) < 3 else -1
                if 0 <= chosen < len(buttons):
                    text = buttons[chosen]["title"]
                answer = asking.ask(key, text).as_dict()
                buttons = [button for reply in answer["replies"] for button in reply["buttons"]]
                _show(answer)


@contextmanager
def _telling_news(key: str) -> Iterator[None]:
    """Prints news of this conversation as they come, by a thread of their own: the prompt waits for a line."""
    from django.db import connection

    from bot.gateway import asking

    done = threading.Event()

    def tell() -> None:
        seen = 0
        while not done.wait(NEWS_SECONDS):
            for number, text in asking.news(key, seen):
                seen = number
                typer.echo(f"\n{text}\n\n> ", nl=False)
        connection.close()

    thread = threading.Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join(5)


def _line() -> str:
    try:
        return input("> ").strip()
    except (EOFError, KeyboardInterrupt):
        sys.stdout.write("\n")
        return ""


def _set_up() -> None:
    from bot.gateway.database import set_up_django

    set_up_django()
