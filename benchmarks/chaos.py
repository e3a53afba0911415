"""Every part killed with -9 while citizens write: nothing lost, nothing answered twice, nothing out of order.

``make chaos``. A stack of its own, the stand-in Zalo, then the stand-in Telegram: 20 conversations write 100 questions
each, some told twice by the messenger; web, worker, Rasa, actions and PostgreSQL are killed five times each, spread
evenly over the answers, each only after the one before is back. Counted at the messengers: each question asks for a
procedure of its own, whose code stands in its answer. Written to ``reports/chaos.json``, drawn beside it. Exit 1 where
anything was lost, told twice or told out of order.

Zalo's retry ladder runs 100 times faster: 0.3, 3, 9, 18 and 36 s instead of 30 s to an hour. That is 66 s before the
last try, after which Zalo switches a webhook off for good, and outlasts every part's start, as hours do in earnest.
"""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated

import psycopg
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks.counting import Found, answers, counted
from benchmarks.own_stack import own_stack
from benchmarks.parts import PARTS, Parts
from benchmarks.phones import Phones, telegram_phones, zalo_phones
from bot import settings
from bot.cli.tables import show, table

SCALE = 0.01
MOST_OUTSTANDING, MOST_WAITING = 15, 40
TICK_SECONDS, SETTLED_TICKS = 0.5, 6
LOOK_AFTER_SECONDS = 15.0
"""As in the outbox: when a send of unknown outcome is due again, counted from its beginning."""
COMMAND_SECONDS = 10
FORMS = ("lệ phí thủ tục {code}", "{code} cần giấy tờ gì", "thủ tục {code} làm ở đâu", "{code}")
"""The last one's answer is long: Zalo gets it in parts."""
REPORT = settings.HOME / "reports" / "chaos.json"
SEED = 6
OPEN = """
    SELECT (SELECT count(*) FROM gateway_inboxmessage m JOIN gateway_conversation c ON c.id = m.conversation_id
            WHERE c.channel = %(channel)s),
           (SELECT count(*) FROM gateway_inboxmessage WHERE state = 'waiting')
         + (SELECT count(*) FROM gateway_outboxmessage WHERE state = 'waiting' OR unknown_since IS NOT NULL)"""
STATES = """
    SELECT concat_ws(' ', m.state, nullif(m.error, '')), count(*)
    FROM gateway_outboxmessage m JOIN gateway_conversation c ON c.id = m.conversation_id
    WHERE c.channel = %(channel)s GROUP BY 1"""
UNKNOWN = """
    SELECT (extract(epoch FROM m.next_try_at) - %(after)s)::float
    FROM gateway_outboxmessage m JOIN gateway_conversation c ON c.id = m.conversation_id
    WHERE c.channel = %(channel)s AND m.state = 'unknown' ORDER BY m.id"""


@dataclass(frozen=True)
class Question:
    code: str
    text: str


@dataclass(frozen=True)
class Moment:
    """``accepted``: messages in the inbox; None while the database is away."""

    seconds: float
    written: int
    accepted: int | None
    answered: int


@dataclass
class Story:
    """How a run went. ``kills``: seconds, part, and seconds until all was well again; ``began``: seconds since 1970."""

    moments: list[Moment] = field(default_factory=list)
    kills: list[tuple[float, str, float | None]] = field(default_factory=list)
    stopped_early: bool = False
    began: float = field(default_factory=time.time)


class Run:
    """One messenger's share. ``deadline`` is a moment of the monotonic clock."""

    def __init__(
        self, phones: Phones, parts: Parts, asked: dict[int, list[Question]], kills_each: int, database: str,
        deadline: float,
    ) -> None:  # fmt: skip
        self._phones, self._parts, self._asked, self._database, self._deadline = (
            phones,
            parts,
            asked,
            database,
            deadline,
        )
        self._total = sum(map(len, asked.values()))
        self._planned = list(_order(kills_each))
        self._most = min(MOST_OUTSTANDING, max(2, max(map(len, asked.values())) // 5))
        self.written: Counter[int] = Counter()
        self._excused: Counter[int] = Counter()
        self._away: tuple[str, set[int], float] | None = None
        self._begun = time.monotonic()
        self.story = Story()

    def run(self, bar: Progress) -> None:
        """Until every question has had its time, or the deadline has come."""
        name = self._phones.channel
        task, quiet = bar.add_task(name, total=self._total, part=""), 0
        while quiet < SETTLED_TICKS:
            heard = {person: len(answers(texts)) for person, texts in self._phones.heard().items()}
            accepted, still_open = self._tables()
            self.story.moments.append(Moment(self._seconds(), self.written.total(), accepted, sum(heard.values())))
            self._kill_and_wait(sum(heard.values()))
            self._write_on(heard)
            settled = not still_open and still_open is not None and not self._phones.on_the_way() and not self._away
            quiet = quiet + 1 if settled else 0
            if quiet == SETTLED_TICKS and self._excuse(heard):
                quiet = 0
            bar.update(task, completed=sum(heard.values()), part=self._away[0] if self._away else "")
            if time.monotonic() > self._deadline:
                self.story.stopped_early = True
                return
            time.sleep(TICK_SECONDS)

    def _seconds(self) -> float:
        return round(time.monotonic() - self._begun, 2)

    def _write_on(self, heard: dict[int, int]) -> None:
        """Everybody has a few questions under way at any time."""
        for person, questions in self._asked.items():
            written = self.written[person]
            room = self._most - (written - heard.get(person, 0) - self._excused[person])
            texts = [question.text for question in questions[written : written + max(0, room)]]
            if texts:
                self._phones.write(person, texts)
                self.written[person] += len(texts)

    def _excuse(self, heard: dict[int, int]) -> bool:
        """All is quiet, so what is missing now is lost: the rest is written all the same. False where there is none."""
        for person in self._asked:
            self._excused[person] = self.written[person] - heard.get(person, 0)
        return self.written.total() < self._total

    def _kill_and_wait(self, answered: int) -> None:
        """The next part, once its share of the answers is there and the part before is back."""
        if self._away is not None:
            part, killed, at = self._away
            if self._parts.back(part, killed):
                self.story.kills[-1] = (at, part, round(self._seconds() - at, 1))
                self._away = None
            return
        done = len(self.story.kills)
        share = (done + 0.5) / max(1, done + len(self._planned))
        if self._planned and answered >= share * self._total:
            part = self._planned.pop(0)
            killed = self._parts.kill(part, whole=done % 2 == 0)
            self._away = part, killed, self._seconds()
            self.story.kills.append((self._away[2], part, None))

    def _tables(self) -> tuple[int | None, int | None]:
        """Messages accepted, and what is still open; None while the database is away."""
        try:
            with psycopg.connect(self._database, connect_timeout=2) as connection:
                row = connection.execute(OPEN, {"channel": self._phones.channel}).fetchone()
        except psycopg.Error:
            return None, None
        assert row is not None
        return row


def _order(each: int) -> Iterator[str]:
    """All parts, each round in another order."""
    chance = random.Random(SEED)
    for _ in range(each):
        yield from chance.sample(PARTS, len(PARTS))


def questions(many: int) -> list[Question]:
    """Those, out of one for each procedure, whose answer names it; so many. Raises RuntimeError for too few.

    The stack is asked before anything is killed.
    """
    from bot.gateway import asking

    codes = sorted(file.stem for file in (settings.load().data / "procedures").glob("*/*.yml"))
    asked = [Question(code, FORMS[place % len(FORMS)].format(code=code)) for place, code in enumerate(codes)]
    chosen: list[Question] = []
    for start in range(0, len(asked), many):
        batch = asked[start : start + many]
        replies = asking.conversations([[one.text] for one in batch], forget=True)
        for question, (answer,) in zip(batch, replies, strict=True):
            if answers([reply["text"] for reply in answer.replies]) == [question.code]:
                chosen.append(question)
        if len(chosen) >= many:
            return chosen[:many]
    raise RuntimeError(f"only {len(chosen)} of {len(asked)} questions are answered with their code; {many} are needed")


def main(
    people: Annotated[int, typer.Option(help="Conversations on each messenger.", min=1)] = 20,
    each: Annotated[int, typer.Option(help="Questions in each conversation.", min=1)] = 100,
    kills: Annotated[int, typer.Option(help="How often each part is killed, on each messenger.", min=0)] = 5,
    minutes: Annotated[float, typer.Option(help="When it stops, whatever is still under way.")] = 25,
    report: Annotated[Path, typer.Option(help="Where the figures are written; the picture beside it.")] = REPORT,
    only: Annotated[str, typer.Option(help="zalo or telegram alone.")] = "",
) -> None:
    """Kill, count, write, draw."""
    deadline = time.monotonic() + minutes * 60
    content: dict[str, dict[str, object]] = {}
    stories: dict[str, Story] = {}
    with ExitStack() as opened:
        chosen: list[Phones] = []
        if only != "telegram":
            chosen.append(opened.enter_context(zalo_phones(SCALE)))
        if only != "zalo":
            chosen.append(opened.enter_context(telegram_phones(SCALE)))
        environment = {"MOTCUA_MOST_WAITING": str(MOST_WAITING)}
        for phones in chosen:
            environment |= phones.environment
        stack, var = opened.enter_context(own_stack(environment))
        typer.echo(f"asking {each} questions once …", err=True)
        known = questions(each)
        asked = {person: known[person % each :] + known[: person % each] for person in range(people)}
        bar = opened.enter_context(_bar())
        for place, phones in enumerate(chosen):
            phones.connect(stack.web, people)
            left = deadline - time.monotonic()
            until = time.monotonic() + left / (len(chosen) - place)
            run = Run(phones, Parts(stack, var), asked, kills, stack.database_url, until)
            run.run(bar)
            stories[phones.channel] = run.story
            codes = {person: [one.code for one in those[: run.written[person]]] for person, those in asked.items()}
            content[phones.channel] = _result(
                counted(codes, phones.heard()), run.story, _outbox(stack.database_url, phones.channel, run.story.began)
            )
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text(json.dumps(content, indent=1) + "\n")
    _draw(stories, report.with_suffix(".png"))
    _show(content)
    clean = all(not (one["lost"] or one["duplicated"] or one["reordered"]) for one in content.values())
    raise typer.Exit(0 if clean else 1)


def _bar() -> Progress:
    columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total} answered")
    console = Console(stderr=True)
    return Progress(*columns, TimeElapsedColumn(), TextColumn("{task.fields[part]}"), console=console)


def _outbox(database: str, channel: str, began: float) -> dict[str, object]:
    """The outbox at the end; of what is unknown also when its send began, in seconds of the run: beside which kill."""
    asked = {"channel": channel, "after": began + LOOK_AFTER_SECONDS}
    with psycopg.connect(database, connect_timeout=COMMAND_SECONDS) as connection:
        states = {state: count for state, count in connection.execute(STATES, asked)}
        return {
            "outbox": states,
            "unknown_at": [round(seconds, 2) for (seconds,) in connection.execute(UNKNOWN, asked)],
        }


def _result(found: Found, story: Story, outbox: dict[str, object]) -> dict[str, object]:
    killed = Counter(part for _, part, _ in story.kills)
    back = {part: [seconds for _, other, seconds in story.kills if other == part] for part in killed}
    return {
        **asdict(found), "kills": dict(killed), "seconds": story.moments[-1].seconds, "back_after_seconds": back,
        **outbox, "killed_at": [[seconds, part] for seconds, part, _ in story.kills],
        "stopped_early": story.stopped_early,
    }  # fmt: skip


def _draw(stories: dict[str, Story], file: Path) -> None:
    from matplotlib.figure import Figure  # a figure of its own draws with Agg and knows no window

    colours = dict(zip(PARTS, ("#2f6f9f", "#3a8f5c", "#b03a2e", "#e0a100", "#7a4fa0"), strict=True))
    figure = Figure(figsize=(10, 3.6 * len(stories)), layout="constrained")
    for place, (name, story) in enumerate(stories.items(), 1):
        axes = figure.add_subplot(len(stories), 1, place)
        seconds = [moment.seconds for moment in story.moments]
        for label, style in (("written", ":"), ("accepted", "--"), ("answered", "-")):
            values = [getattr(moment, label) for moment in story.moments]
            axes.plot(seconds, [float("nan") if one is None else one for one in values], style, color="k", label=label)
        labelled: set[str] = set()
        for at, part, back in story.kills:
            legend = None if part in labelled else f"{part} killed"
            axes.axvspan(at, at + (back or 0), color=colours[part], alpha=0.15, lw=0)
            axes.axvline(at, color=colours[part], lw=1.2, label=legend)
            labelled.add(part)
        axes.set_title(name)
        axes.set_xlabel("seconds")
        axes.set_ylabel("messages")
        axes.legend(loc="upper left", fontsize="small")
    figure.savefig(file, dpi=120)


def _show(content: dict[str, dict[str, object]]) -> None:
    filled = table("", *content)
    for name in (
        "sent",
        "lost",
        "duplicated",
        "reordered",
        "other",
        "kills",
        "seconds",
        "outbox",
        "unknown_at",
        "stopped_early",
    ):
        filled.add_row(name.replace("_", " "), *(_cell(one[name]) for one in content.values()))
    show(filled)


def _cell(value: object) -> str:
    return ", ".join(f"{name} {count}" for name, count in value.items()) if isinstance(value, dict) else str(value)


if __name__ == "__main__":
    typer.run(main)
