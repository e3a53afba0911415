"""The stand-in as a Bot API: a real python-telegram-bot client takes it for one, and its limits are Telegram's."""

from __future__ import annotations

import asyncio
import json
import time
import warnings
from collections.abc import Callable
from typing import Any

import pytest
import requests
from telegram import Bot, BotCommand, InlineKeyboardButton, InlineKeyboardMarkup, Message, Update
from telegram.error import BadRequest, Forbidden, InvalidToken

from bot.channels.telegram import wire  # noqa: F401  # turns the loggers down, and asks for seconds as timedelta
from bot.channels.telegram.stand_in.constants import FIRST_ID, TOKEN
from bot.channels.telegram.stand_in.doors import DoorProblem, Doors
from bot.channels.telegram.stand_in.server import command
from tests.channels.telegram.telegram_standing_in import ME, call, use

with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # of the APScheduler that Rasa pins
    from telegram.ext import Application, CallbackQueryHandler, ContextTypes, MessageHandler, filters


def refusal(telegram: Doors, method: str, **parameters: Any) -> str:
    answer = call(telegram, method, **parameters)
    told = answer.json()
    assert (told["ok"], told["error_code"]) == (False, answer.status_code)
    return str(told["description"])


def test_a_real_client_reads_everything_that_it_answers(telegram: Doors) -> None:
    telegram.write("/start")

    async def work(bot: Bot) -> None:
        assert bot.username == "motcua_sample_bot"
        sent = await bot.send_message(ME, "<b>Dạ</b> &lt;mình&gt;", parse_mode="HTML")
        assert isinstance(sent, Message)
        assert (sent.text, sent.entities[0].type, sent.chat.id) == ("Dạ <mình>", "bold", ME)
        assert (await bot.send_photo(ME, b"\xff\xd8 mau", caption="ảnh")).photo[-1].file_size == 6
        assert await bot.send_chat_action(ME, "typing")
        assert await bot.set_my_commands([BotCommand("xoa", "Xóa")], language_code="vi")
        assert (await bot.get_my_commands(language_code="vi"))[0].command == "xoa"
        assert (await bot.get_updates())[0].message.text == "/start"
        assert await bot.set_webhook("http://127.0.0.1:9/x", secret_token="bi-mat", max_connections=3)
        info = await bot.get_webhook_info()
        assert (info.url, info.max_connections, info.pending_update_count) == ("http://127.0.0.1:9/x", 3, 1)
        assert await bot.delete_webhook(drop_pending_updates=True)
        assert await bot.get_updates() == ()

    use(telegram, work)


def test_a_real_application_polls_and_answers(telegram: Doors) -> None:
    """All kinds of things a citizen sends, read and answered by python-telegram-bot's own Application."""
    kinds = ("photo", "voice", "audio", "video", "document", "sticker", "location", "contact")
    heard: list[str] = []

    async def answer(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.message
        heard.append(str((update.message.effective_attachment and "thing") or update.message.text))
        keys = InlineKeyboardMarkup([[InlineKeyboardButton("Chọn", callback_data="1:0")]])
        if update.message.text:
            await update.message.reply_text("Dạ", reply_markup=keys)

    async def pressed(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.callback_query
        heard.append(str(update.callback_query.data))
        await update.callback_query.answer()
        await update.callback_query.edit_message_reply_markup(None)

    async def run() -> None:
        builder = Application.builder().token(TOKEN).base_url(f"{telegram.address}/bot")
        application = builder.base_file_url(f"{telegram.address}/file/bot").job_queue(None).build()
        application.add_handler(MessageHandler(filters.ALL, answer))
        application.add_handler(CallbackQueryHandler(pressed))
        async with application:
            await application.start()
            assert application.updater
            await application.updater.start_polling(poll_interval=0.0, timeout=1)
            await asyncio.to_thread(telegram.write, "xin chào")
            for kind in kinds:
                await asyncio.to_thread(telegram.send, kind)
            await until(lambda: len(heard) == len(kinds) + 1)
            await until(lambda: len(telegram.received()) == 1)
            shown = [one for one in await asyncio.to_thread(telegram.messages) if one.by_bot][-1]
            await asyncio.to_thread(telegram.press, "1:0", shown.id)
            await until(lambda: heard[-1] == "1:0" and not any(one.buttons for one in telegram.messages()))
            await application.updater.stop()
            await application.stop()

    async def until(condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 10
        while not await asyncio.to_thread(condition):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.02)

    asyncio.run(run())
    assert heard == ["xin chào", *["thing"] * len(kinds), "1:0"]


@pytest.mark.parametrize("kind", ["photo", "voice", "document"])
def test_a_file_is_got_as_it_was_sent(telegram: Doors, kind: str) -> None:
    telegram.send(kind, b"\x00\xff noi dung")

    async def work(bot: Bot) -> bytes:
        sent = (await bot.get_updates())[0].message
        thing = sent.photo[-1] if kind == "photo" else getattr(sent, kind)
        file = await thing.get_file()
        return bytes(await file.download_as_bytearray())

    assert use(telegram, work) == b"\x00\xff noi dung"


def test_a_file_above_20_mb_or_unknown_is_not_given(telegram: Doors) -> None:
    telegram.send("video", size=20 * 1024 * 1024 + 1)

    async def work(bot: Bot) -> None:
        big = (await bot.get_updates())[0].message.video
        for file_id, words in ((big.file_id, "File is too big"), ("nothing", "Wrong file_id")):
            with pytest.raises(BadRequest, match=words):
                await bot.get_file(file_id)

    use(telegram, work)
    assert requests.get(f"{telegram.address}/file/bot{TOKEN}/photos/no.jpg", timeout=5).status_code == 404
    assert requests.get(f"{telegram.address}/file/bot1:2/photos/no.jpg", timeout=5).status_code == 401


def test_another_token_opens_nothing(telegram: Doors) -> None:
    for token, status in (("123456:WRONG", 401), ("nonsense", 404)):
        assert call(telegram, "getMe", token).status_code == status
        with pytest.raises(InvalidToken):
            use(telegram, lambda bot: bot.get_me(), token)
    assert call(telegram, "inventedMethod").status_code == 404


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"chat_id": "", "text": "x"}, "chat_id is empty"),
        ({"chat_id": "5", "text": "x"}, "chat not found"),
        ({"chat_id": "@ai", "text": "x"}, "chat not found"),
        ({"text": " \n "}, "message text is empty"),
        ({"text": "đ" * 4097}, "message is too long"),
        ({"text": "<b>x", "parse_mode": "HTML"}, "can't parse entities: Can't find end tag"),
        ({"text": "a < b", "parse_mode": "HTML"}, 'can\'t parse entities: Unsupported start tag "" at byte offset 2'),
        ({"text": "<mình>", "parse_mode": "HTML"}, 'Unsupported start tag "mình" at byte offset 0'),
        ({"text": "<b><i>x</b></i>", "parse_mode": "HTML"}, "Unmatched end tag"),
        ({"text": "x</b>", "parse_mode": "HTML"}, "Unexpected end tag"),
        ({"text": "x", "parse_mode": "MarkdownV2"}, "unsupported parse_mode"),
        ({"text": "x", "reply_markup": "{"}, "can't parse reply markup JSON object"),
        ({"text": "x", "reply_markup": "[]"}, "object expected as reply markup"),
    ],
)
def test_a_message_that_telegram_refuses_is_refused(telegram: Doors, parameters: dict[str, str], words: str) -> None:
    telegram.write("/start")
    assert words in refusal(telegram, "sendMessage", **({"chat_id": ME} | parameters))
    assert telegram.received() == []


def test_4096_characters_count_without_their_escapes(telegram: Doors) -> None:
    telegram.write("/start")
    answer = call(telegram, "sendMessage", chat_id=ME, text="&lt;" * 4096, parse_mode="HTML")
    assert answer.json()["result"]["text"] == "<" * 4096


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([[{"text": "x", "callback_data": "đ" * 32 + "x"}]], "BUTTON_DATA_INVALID"),
        ([[{"text": "x", "callback_data": ""}]], "BUTTON_DATA_INVALID"),
        ([[{"text": " ", "callback_data": "1"}]], "button text is empty"),
        ([[{"text": "x"}]], "text buttons are unallowed"),
        ([[{"text": "x", "url": "javascript:1"}]], "BUTTON_URL_INVALID"),
        ([[{"callback_data": "1"}]], "must be of type String"),
        ([[{"text": "x", "callback_data": "1"}] * 9], "REPLY_MARKUP_TOO_LONG"),
        ([[{"text": "x", "callback_data": "1"}]] * 101, "REPLY_MARKUP_TOO_LONG"),
        (["x"], "Array of Arrays"),
    ],
)
def test_buttons_have_telegrams_limits(telegram: Doors, rows: Any, words: str) -> None:
    telegram.write("/start")
    markup = json.dumps({"inline_keyboard": rows})
    assert words in refusal(telegram, "sendMessage", chat_id=ME, text="x", reply_markup=markup)


def test_buttons_within_the_limits_are_taken(telegram: Doors) -> None:
    telegram.write("/start")
    rows = [[{"text": "x", "callback_data": "đ" * 32}] * 8] * 12
    markup = json.dumps({"inline_keyboard": rows})
    assert call(telegram, "sendMessage", chat_id=ME, text="x", reply_markup=markup).ok


def test_a_bot_may_not_speak_first_and_not_after_it_was_blocked(telegram: Doors) -> None:
    async def work(bot: Bot) -> None:
        with pytest.raises(Forbidden, match="can't initiate"):
            await bot.send_message(ME, "x")
        await asyncio.to_thread(telegram.write, "/start")
        await bot.send_message(ME, "x")
        await asyncio.to_thread(telegram.block)
        with pytest.raises(Forbidden, match="blocked by the user"):
            await bot.send_message(ME, "x")
        await asyncio.to_thread(telegram.block, False)
        await bot.send_message(ME, "x")

    use(telegram, work)
    with pytest.raises(DoorProblem, match="no citizen 5"):
        telegram.write("x", user=5)


def test_a_keyboard_is_taken_away_once(telegram: Doors) -> None:
    telegram.write("/start")
    keys = InlineKeyboardMarkup([[InlineKeyboardButton("Chọn", callback_data="1:0")]])

    async def work(bot: Bot) -> None:
        sent = await bot.send_message(ME, "x", reply_markup=keys)
        with pytest.raises(BadRequest, match="not modified"):
            await bot.edit_message_reply_markup(ME, sent.message_id, reply_markup=keys)
        await bot.edit_message_reply_markup(ME, sent.message_id)
        with pytest.raises(BadRequest, match="not modified"):
            await bot.edit_message_reply_markup(ME, sent.message_id)
        with pytest.raises(BadRequest, match="not found"):
            await bot.edit_message_reply_markup(ME, 5)
        with pytest.raises(BadRequest, match="can't be edited"):
            await bot.edit_message_reply_markup(ME, sent.message_id - 1)
        with pytest.raises(BadRequest, match="Query is too old"):
            await bot.answer_callback_query("1")

    use(telegram, work)
    with pytest.raises(DoorProblem, match="no such button"):
        telegram.press("1:0", telegram.messages()[-1].id)


def test_an_answer_to_a_press_has_200_characters_at_most(telegram: Doors) -> None:
    assert "MESSAGE_TOO_LONG" in refusal(telegram, "answerCallbackQuery", callback_query_id="1", text="x" * 201)


def test_flood_control_asks_for_a_wait(telegram: Doors) -> None:
    telegram.write("/start")
    answers = [call(telegram, "sendMessage", chat_id=ME, text="x") for _ in range(7)]
    late = answers[-1]
    assert (late.status_code, late.json()["parameters"]) == (429, {"retry_after": 1})
    assert [answer.status_code for answer in answers[:5]] == [200] * 5


def test_many_chats_together_meet_flood_control_too(telegram: Doors) -> None:
    telegram.write_many((person, "x") for person in range(80))
    answers = [call(telegram, "sendMessage", chat_id=telegram.bulk_user(person), text="x") for person in range(80)]
    assert 429 in {answer.status_code for answer in answers} or answers[-1].elapsed.total_seconds() > 1 / 30


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://motcua.example/x", "An HTTPS URL must be provided"),
        ("https://motcua.example:5000/x", "only on ports 80, 88, 443 or 8443"),
        ("https://motcua.example/x", "on this machine only"),
        ("nonsense", "An HTTPS URL must be provided"),
    ],
)
def test_a_webhook_elsewhere_is_refused(telegram: Doors, url: str, words: str) -> None:
    assert words in refusal(telegram, "setWebhook", url=url)


@pytest.mark.parametrize(("secret", "words"), [("có dấu", "unallowed characters"), ("x" * 257, "too long")])
def test_a_secret_has_the_allowed_letters(telegram: Doors, secret: str, words: str) -> None:
    assert words in refusal(telegram, "setWebhook", url="http://127.0.0.1:9/x", secret_token=secret)


@pytest.mark.parametrize(
    ("commands", "words"),
    [
        ([{"command": "Xóa", "description": "x"}], "BOT_COMMAND_INVALID"),
        ([{"command": "x" * 33, "description": "x"}], "BOT_COMMAND_INVALID"),
        ([{"command": "x", "description": ""}], "BOT_COMMAND_DESCRIPTION_INVALID"),
        ([{"command": "x", "description": "x" * 257}], "BOT_COMMAND_DESCRIPTION_INVALID"),
        ([{"command": "x", "description": "x"}] * 101, "at most 100"),
    ],
)
def test_commands_have_telegrams_limits(telegram: Doors, commands: Any, words: str) -> None:
    assert words in refusal(telegram, "setMyCommands", commands=json.dumps(commands))


def test_parameters_come_by_address_form_multipart_and_json(telegram: Doors) -> None:
    telegram.write("/start")
    telegram.switch(flood=False)
    url, asked = f"{telegram.address}/bot{TOKEN}/sendmessage", {"chat_id": str(ME), "text": "đủ & <dấu>"}
    sends: list[Callable[[], requests.Response]] = [
        lambda: requests.get(url, params=asked, timeout=5),
        lambda: requests.post(url, data=asked, timeout=5),
        lambda: requests.post(url, files={name: (None, value) for name, value in asked.items()}, timeout=5),
        lambda: requests.post(url, json=asked | {"chat_id": ME}, timeout=5),
    ]
    for send in sends:
        assert send().json()["result"]["text"] == "đủ & <dấu>"
    for kind in ("text/plain", "application/json", "multipart/form-data"):
        answer = requests.post(url, data=b"\xff{", headers={"Content-Type": kind}, timeout=5)
        assert (answer.status_code, answer.json()["ok"]) == (400, False)


def test_the_citizens_can_belong_to_nobody_and_it_listens_on_loopback_alone() -> None:
    assert 10**12 < FIRST_ID < ME < 2**52
    assert command(8073)[command(8073).index("--bind") + 1] == "127.0.0.1:8073"
