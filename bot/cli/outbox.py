"""``motcua outbox``: messages that did not go out, or may not have, and sending one again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot import settings
from bot.cli.channels import By, operating
from bot.cli.tables import show, table

if TYPE_CHECKING:
    from bot.gateway.models import OutboxMessage

app = typer.Typer(no_args_is_help=True)


@app.command("list")
def list_letters(
    state: Annotated[str, typer.Option(help="failed, unknown or template; all of them if missing.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
    show_text: Annotated[bool, typer.Option("--show", help="Also what the message says.")] = False,
) -> None:
    """What did not go out, the newest last. Exit 1: there is something."""
    with operating():
        from bot.gateway.dead_letters import dead_letters

        letters = [_as_dict(letter, show_text) for letter in dead_letters(state)]
    if as_json:
        typer.echo(json.dumps(letters, ensure_ascii=False))
    else:
        rows = table("id", "channel", "state", "error", "tries", "written", *(["text"] if show_text else []))
        for letter in letters:
            rows.add_row(*(str(value) for value in letter.values()))
        show(rows)
    raise typer.Exit(1 if letters else 0)


def _as_dict(letter: OutboxMessage, with_text: bool) -> dict[str, Any]:
    return {
        "id": letter.pk,
        "channel": letter.conversation.channel,
        "state": letter.state,
        "error": letter.error,
        "tries": letter.attempts,
        "written": letter.created_at.astimezone(settings.TIME_ZONE).isoformat(timespec="seconds"),
    } | ({"text": letter.text} if with_text else {})


@app.command()
def resend(ids: Annotated[list[int], typer.Argument(help="Ids as 'motcua outbox list' shows them.")], by: By) -> None:
    """Send messages again, each once. One whose state is unknown may reach the citizen a second time."""
    with operating():
        from bot.gateway.dead_letters import resend as put_back

        count = put_back(ids, by)
    typer.echo(f"{count} put back to be sent")
