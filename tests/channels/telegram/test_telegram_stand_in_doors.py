"""Updates by polling, faults on purpose, the record of calls, and what the doors refuse."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest
import requests
from telegram import Bot
from telegram.error import Conflict, NetworkError, TelegramError

from bot.channels.telegram import wire  # noqa: F401  # turns the loggers down, and asks for seconds as timedelta
from bot.channels.telegram.stand_in.constants import GROUP_ID, TOKEN
from bot.channels.telegram.stand_in.doors import DoorProblem, Doors
from tests.channels.telegram.telegram_standing_in import ME, OTHER, call, use


def test_updates_are_forgotten_by_the_offset(telegram: Doors) -> None:
    first, second, third = (telegram.write(text) for text in ("một", "hai", "ba"))

    async def work(bot: Bot) -> None:
        async def ids(**how: Any) -> list[int]:
            return [update.update_id for update in await bot.get_updates(**how)]

        assert await ids() == await ids() == [first, second, third]
        assert await ids(limit=2) == [first, second]
        assert await ids(offset=second) == [second, third]
        assert await ids() == [second, third]
        assert await ids(offset=-1) == [third]
        assert await ids() == [third]
        assert await ids(offset=third + 1) == []

    use(telegram, work)


def test_a_long_poll_ends_with_the_first_update(telegram: Doors) -> None:
    async def work(bot: Bot) -> float:
        begun = time.monotonic()
        asked = asyncio.create_task(bot.get_updates(timeout=20))
        await asyncio.sleep(0.2)
        await asyncio.to_thread(telegram.write, "x")
        assert len(await asked) == 1
        return time.monotonic() - begun

    assert use(telegram, work) < 5


def test_two_pollers_and_a_webhook_conflict(telegram: Doors) -> None:
    async def work(bot: Bot) -> None:
        first = asyncio.create_task(bot.get_updates(timeout=20))
        await asyncio.sleep(0.2)
        await asyncio.to_thread(call, telegram, "getUpdates")
        with pytest.raises(Conflict, match="terminated by other getUpdates"):
            await first
        await bot.set_webhook("http://127.0.0.1:9/x")
        with pytest.raises(Conflict, match="webhook is active"):
            await bot.get_updates()

    use(telegram, work)


def test_only_the_allowed_kinds_of_updates_are_kept(telegram: Doors) -> None:
    async def work(bot: Bot) -> None:
        await bot.get_updates(allowed_updates=["callback_query"])

    use(telegram, work)
    assert telegram.write("x") == 0
    assert telegram.counts()["waiting"] == 0


def test_an_edit_comes_as_one(telegram: Doors) -> None:
    telegram.write("làm khai sanh")
    shown = telegram.messages()[-1]
    telegram.write("làm khai sinh", edit=shown.id)

    async def work(bot: Bot) -> Any:
        return (await bot.get_updates())[-1].edited_message.text

    assert use(telegram, work) == "làm khai sinh"
    with pytest.raises(DoorProblem, match="no such text"):
        telegram.write("x", edit=5)


def test_a_group_is_left_for_good(telegram: Doors) -> None:
    telegram.write_in_group("chào bot")

    async def work(bot: Bot) -> None:
        added, said = await bot.get_updates()
        assert added.my_chat_member.new_chat_member.status == "member"
        assert said.message.chat.type == "supergroup"
        await bot.send_message(GROUP_ID, "x")
        await bot.leave_chat(GROUP_ID)
        with pytest.raises(TelegramError):
            await bot.send_message(GROUP_ID, "x")

    use(telegram, work)


def test_every_call_is_recorded_without_the_token(telegram: Doors) -> None:
    telegram.write("/start")
    call(telegram, "sendMessage", chat_id=ME, text="một")
    call(telegram, "sendMessage", chat_id=5, text="hai")
    calls = telegram.calls("sendMessage")
    assert [(one["parameters"]["text"], one["status"]) for one in calls] == [("một", 200), ("hai", 400)]
    assert telegram.calls(after=calls[-1]["number"]) == []
    assert TOKEN not in json.dumps(telegram.calls())
    assert telegram.counts()["calls"] == {"sendMessage": 2}


def test_a_fault_strikes_its_method_its_chat_and_its_number_of_calls(telegram: Doors) -> None:
    telegram.write("/start")
    telegram.write("/start", user=OTHER)
    telegram.fail("500", method="SendMessage", user=ME, count=2)
    asked = [("getMe", ME), ("sendMessage", OTHER), ("sendMessage", ME), ("sendMessage", ME), ("sendMessage", ME)]
    statuses = [call(telegram, method, chat_id=chat, text="x").status_code for method, chat in asked]
    assert statuses == [200, 200, 500, 500, 200]


@pytest.mark.parametrize(("name", "error"), [("reset", NetworkError), ("lost", NetworkError), ("html", TelegramError)])
def test_a_real_client_meets_the_faults_as_errors(telegram: Doors, name: str, error: type[TelegramError]) -> None:
    telegram.write("/start")

    async def work(bot: Bot) -> None:
        await asyncio.to_thread(telegram.fail, name)
        with pytest.raises(error):
            await bot.send_message(ME, "x")

    use(telegram, work)
    assert telegram.received() == (["x"] if name == "lost" else [])


def test_the_doors_refuse_what_they_do_not_know(telegram: Doors) -> None:
    for path, content in (
        ("_switches", {"fault": {"name": "fire"}}), ("_switches", {"duplicates": 2}), ("_switches", {"unknown": 1}),
        ("_write", {"user": ME}), ("_write", {"user": ME, "text": " "}), ("_send", {"user": ME, "kind": "fire"}),
        ("_send", {"user": ME, "kind": "photo", "data": "?"}), ("_bulk", {"texts": [[-1, "x"]]}),
        ("_bulk", {"texts": [[0, ""]]}),
    ):  # fmt: skip
        answer = requests.post(f"{telegram.address}/{path}", json=content, timeout=5)
        assert (answer.status_code, list(answer.json())) == (400, ["error"]), content
    assert requests.get(f"{telegram.address}/_nothing", timeout=5).status_code == 404
    assert requests.get(f"{telegram.address}/_write", timeout=5).status_code == 405
    assert requests.post(f"{telegram.address}/_write", data=b"{", timeout=5).status_code == 400
    for header in ({"Host": "evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        asked = {"user": ME, "text": "x"}
        assert requests.post(f"{telegram.address}/_write", json=asked, headers=header, timeout=5).status_code == 403
