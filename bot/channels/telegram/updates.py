"""What Telegram tells: the bytes of an update, from a webhook or from polling, read as one thing a citizen did."""

from __future__ import annotations

import hmac
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from telegram import CallbackQuery, Chat, ChatMember, ChatMemberUpdated, Message, Update
from telegram.constants import ChatMemberStatus, FileSizeLimit

from bot.channels.base import Incoming, Kind
from bot.settings import TelegramSettings

ALLOWED = ("message", "edited_message", "callback_query", "my_chat_member")
"""The updates that we ask Telegram for. Edits are among them only so that tests see that they are left alone."""
COMMANDS = {
    "trogiup": "bạn làm được gì",
    "help": "bạn làm được gì",
    "xoa": "xóa dữ liệu của tôi",
}
"""Commands that stand for a sentence, which the assistant understands as it does from everybody else."""
COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@\w{1,64})?(?:\s+(.*))?", re.DOTALL)
FILE_ID = re.compile(r"[\w-]{1,256}", re.ASCII)
CALLBACK_ID = re.compile(r"[\w-]{1,64}", re.ASCII)
MOST_PHOTO_BYTES = int(FileSizeLimit.PHOTOSIZE_UPLOAD)
"""10 MB: what Telegram itself takes as a photo; a larger picture is told without ``media``."""
MOST_FILE_BYTES = int(FileSizeLimit.FILESIZE_DOWNLOAD)
"""20 MB: what a bot can fetch."""
AWAY, BACK = {ChatMemberStatus.BANNED, ChatMemberStatus.LEFT}, {ChatMemberStatus.MEMBER, ChatMemberStatus.ADMINISTRATOR}


class UpdateError(ValueError):
    """Bytes that are no update of Telegram's; its text names the problem and holds nothing of the content."""


@dataclass(frozen=True)
class Told:
    """An update to acknowledge and leave alone; ``name`` says what it was."""

    name: str


@dataclass(frozen=True)
class GroupRefused:
    """Somebody speaks to us in a group, or put us into one: say once that we speak in private only, and leave."""

    chat_id: str


def secret_is_right(header: str | None, settings: TelegramSettings) -> bool:
    """Whether a webhook call carries our secret (``X-Telegram-Bot-Api-Secret-Token``), in constant time.

    Without a secret in the settings no call is right.
    """
    given, ours = (header or "").encode("utf-8", "replace"), settings.secret.encode("utf-8", "replace")
    return hmac.compare_digest(given, ours) and bool(ours)


def read(raw: bytes) -> Incoming | Told | GroupRefused:
    """One update: the body of a webhook call, or what polling hands over.

    ``key`` is the chat's id, ``message_id`` is "u<update_id>". ``/start`` is a FOLLOW whose ``text`` is what stood
    behind the command. A press has ``media`` "<callback id>:<message id>". A picture above 10 MB or a recording above
    20 MB comes without ``media``. ``at`` of a press is now, for Telegram does not say when it was. Raises UpdateError.
    """
    update_id, update = _update(raw)
    try:
        return _read(update_id, update)
    except UpdateError:
        raise
    except Exception as error:  # noqa: BLE001  # boundary: python-telegram-bot checks no type, so anything may break
        raise UpdateError(f"an update with fields of another shape ({type(error).__name__})") from None


def _update(raw: bytes) -> tuple[int, Update]:
    try:
        content = json.loads(raw)
    except (ValueError, RecursionError):
        raise UpdateError("not JSON") from None
    update_id = content.get("update_id") if isinstance(content, dict) else None
    if type(update_id) is not int or not 0 <= update_id < 2**63:
        raise UpdateError("no update_id")
    try:
        return update_id, Update.de_json(content, None)
    except Exception as error:  # noqa: BLE001  # as above
        raise UpdateError(f"not the shape of an update ({type(error).__name__})") from None


def _read(update_id: int, update: Update) -> Incoming | Told | GroupRefused:
    message_id = f"u{update_id}"
    if update.message:
        return _message(message_id, update.message)
    if update.callback_query:
        return _press(message_id, update.callback_query)
    if update.my_chat_member:
        return _membership(message_id, update.my_chat_member)
    known = [name for name in Update.ALL_TYPES if getattr(update, name, None) is not None]
    return Told(known[0] if known else "unknown")


def _message(message_id: str, message: Message) -> Incoming | Told | GroupRefused:
    kind, text, media = _content(message)
    if kind is None:
        return Told(text)
    if message.chat.type != Chat.PRIVATE:
        return GroupRefused(_chat_id(message.chat)) if message.chat.type in (Chat.GROUP, Chat.SUPERGROUP) else Told(
            "channel"
        )  # fmt: skip
    key = _chat_id(message.chat)
    return Incoming(kind, key, message_id, _aware(message.date), text=text, media=media)


def _content(message: Message) -> tuple[Kind | None, str, str]:
    """What a message holds, its text or caption, its file; without a kind the text says what it is."""
    if message.text is not None:
        return _text(_string(message.text))
    caption = _string(message.caption or "")
    if message.photo:
        fitting = [size for size in message.photo if (size.file_size or 0) <= MOST_PHOTO_BYTES]
        largest = max(fitting, key=lambda size: size.width * size.height, default=None)
        return Kind.PHOTO, caption, _file_id(largest.file_id) if largest else ""
    if recording := message.voice or message.audio:
        small = (recording.file_size or 0) <= MOST_FILE_BYTES
        return Kind.VOICE, caption, _file_id(recording.file_id) if small else ""
    if message.document and not message.animation:
        return _document(message, caption)
    for kind, found in (
        (Kind.VIDEO, message.animation or message.video or message.video_note),
        (Kind.STICKER, message.sticker or message.dice),
        (Kind.LOCATION, message.venue or message.location),
        (Kind.CONTACT, message.contact),
    ):
        if found:
            return kind, caption, ""
    return None, "other_message", ""


def _text(text: str) -> tuple[Kind, str, str]:
    command = COMMAND.fullmatch(text.strip())
    name, rest = (command[1].lower(), (command[2] or "").strip()) if command else ("", "")
    if name == "start":
        return Kind.FOLLOW, rest, ""
    return Kind.TEXT, COMMANDS.get(name, text), ""


def _document(message: Message, caption: str) -> tuple[Kind, str, str]:
    document = message.document
    assert document is not None
    if not _string(document.mime_type or "").startswith("image/"):
        return Kind.FILE, caption, ""
    small = (document.file_size or 0) <= MOST_PHOTO_BYTES
    return Kind.PHOTO, caption, _file_id(document.file_id) if small else ""


def _press(message_id: str, query: CallbackQuery) -> Incoming | Told:
    """A press; under a message too old for Telegram to show, the chat is still named."""
    if query.message is None or query.data is None:
        return Told("callback_query")
    if query.message.chat.type != Chat.PRIVATE:
        return Told("callback_query_in_group")
    shown, callback = query.message.message_id, _string(query.id)
    if type(shown) is not int or not CALLBACK_ID.fullmatch(callback):
        raise UpdateError("a callback query without its id")
    button, key = _string(query.data), _chat_id(query.message.chat)
    return Incoming(Kind.BUTTON, key, message_id, datetime.now(UTC), button=button, media=f"{callback}:{shown}")


def _membership(message_id: str, change: ChatMemberUpdated) -> Incoming | Told | GroupRefused:
    before, after = _status(change.old_chat_member), _status(change.new_chat_member)
    came, went = before in AWAY and after in BACK, after in AWAY
    if change.chat.type in (Chat.GROUP, Chat.SUPERGROUP):
        return GroupRefused(_chat_id(change.chat)) if came else Told("my_chat_member")
    if change.chat.type != Chat.PRIVATE or not (came or went):
        return Told("my_chat_member")
    kind = Kind.FOLLOW if came else Kind.UNFOLLOW
    return Incoming(kind, _chat_id(change.chat), message_id, _aware(change.date))


def _status(member: ChatMember) -> str:
    return _string(member.status)


def _chat_id(chat: Chat) -> str:
    if type(chat.id) is not int or not 0 < abs(chat.id) < 2**63:
        raise UpdateError("a chat without its id")
    return str(chat.id)


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise UpdateError("a text that is none")
    return str(value)


def _file_id(value: object) -> str:
    if not FILE_ID.fullmatch(found := _string(value)):
        raise UpdateError("a file without its id")
    return found


def _aware(moment: datetime) -> datetime:
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise UpdateError("a moment that is none")
    return moment
