"""The methods of the Bot API that a bot of ours uses, with Telegram's limits and refusals."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from bot.channels.telegram.stand_in.constants import (
    LONGEST_ANSWER,
    LONGEST_CAPTION,
    LONGEST_COMMAND,
    LONGEST_DESCRIPTION,
    LONGEST_TEXT,
    MOST_COMMANDS,
    MOST_DOWNLOAD_BYTES,
    MOST_PHOTO_BYTES,
    WEBHOOK_PORTS,
)
from bot.channels.telegram.stand_in.errors import ApiError, bad
from bot.channels.telegram.stand_in.formatting import from_html
from bot.channels.telegram.stand_in.keyboards import inline_keyboard
from bot.channels.telegram.stand_in.parameters import Parameters
from bot.channels.telegram.stand_in.pending import Webhook
from bot.channels.telegram.stand_in.sender import Sender
from bot.channels.telegram.stand_in.world import BOT, Chat, File, Message, World

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
COMMAND = re.compile(rf"[a-z0-9_]{{1,{LONGEST_COMMAND}}}")
ACTIONS = {
    "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document",
    "choose_sticker", "find_location", "record_video_note", "upload_video_note",
}  # fmt: skip
Method = Callable[[Parameters], Any]


class Methods:
    """The methods by their names in small letters: Telegram does not mind case."""

    def __init__(self, world: World, sender: Sender) -> None:
        self._world, self._pending, self._sender = world, world.pending, sender
        self._methods: dict[str, Method] = {
            "getme": lambda parameters: BOT | {"can_join_groups": True, "can_read_all_group_messages": False,
                                               "supports_inline_queries": False},
            "getupdates": self._get_updates,
            "setwebhook": self._set_webhook,
            "deletewebhook": self._delete_webhook,
            "getwebhookinfo": self._webhook_info,
            "sendmessage": self._send_message,
            "sendphoto": self._send_photo,
            "sendchataction": self._send_chat_action,
            "answercallbackquery": self._answer_callback_query,
            "editmessagereplymarkup": self._edit_reply_markup,
            "getfile": self._get_file,
            "setmycommands": self._set_commands,
            "getmycommands": lambda parameters: self._world.commands.get(parameters.text("language_code"), []),
            "leavechat": self._leave_chat,
        }  # fmt: skip

    def call(self, method: str, parameters: Parameters) -> Any:
        """The ``result`` of a call. Raises ApiError."""
        known = self._methods.get(method.lower())
        if known is None:
            raise ApiError(404, "Not Found")
        return known(parameters)

    # Updates

    def _get_updates(self, parameters: Parameters) -> Any:
        self._allow(parameters, self._pending.webhook)
        limit, seconds = parameters.number("limit", 100), parameters.number("timeout")
        return self._pending.poll(parameters.number("offset"), min(max(limit, 1), 100), min(max(seconds, 0), 50))

    def _set_webhook(self, parameters: Parameters) -> bool:
        url, secret = parameters.text("url").strip(), parameters.text("secret_token")
        if not url:
            return self._delete_webhook(parameters)
        _check_address(url)
        if secret and not SECRET.fullmatch(secret):
            raise bad(
                "secret token contains unallowed characters" if len(secret) <= 256 else "secret token is too long"
            )
        connections = parameters.number("max_connections", 40)
        if not 1 <= connections <= 100:
            raise bad("max_connections must be between 1 and 100")
        webhook = Webhook(url, secret, connections, self._pending.webhook.allowed)
        self._allow(parameters, webhook)
        with self._pending.changed:
            if parameters.flag("drop_pending_updates"):
                self._pending.drop()
            self._pending.webhook = webhook
            self._pending.changed.notify_all()
        self._sender.begin(connections)
        return True

    def _delete_webhook(self, parameters: Parameters) -> bool:
        with self._pending.changed:
            if parameters.flag("drop_pending_updates"):
                self._pending.drop()
            self._pending.webhook = Webhook(allowed=self._pending.webhook.allowed)
            self._pending.changed.notify_all()
        return True

    def _webhook_info(self, parameters: Parameters) -> dict[str, Any]:
        webhook = self._pending.webhook
        told: dict[str, Any] = {
            "url": webhook.url, "has_custom_certificate": False, "pending_update_count": self._pending.waiting(),
        }  # fmt: skip
        if webhook.url:
            told["max_connections"] = webhook.max_connections
        if webhook.allowed:
            told["allowed_updates"] = webhook.allowed
        if webhook.last_error_at:
            told |= {"last_error_date": webhook.last_error_at, "last_error_message": webhook.last_error}
        return told

    @staticmethod
    def _allow(parameters: Parameters, webhook: Webhook) -> None:
        allowed = parameters.json("allowed_updates")
        if allowed is None:
            return
        if not isinstance(allowed, list) or not all(isinstance(kind, str) for kind in allowed):
            raise bad("can't parse allowed updates JSON object")
        webhook.allowed = allowed

    # Messages

    def _send_message(self, parameters: Parameters) -> Message:
        chat = self._reachable(parameters)
        text, entities = _formatted(parameters, "text", LONGEST_TEXT, "message is too long")
        if not text:
            raise bad("message text is empty")
        return self._post(chat, {"text": text} | entities, parameters)

    def _send_photo(self, parameters: Parameters) -> Message:
        chat = self._reachable(parameters)
        caption, entities = _formatted(parameters, "caption", LONGEST_CAPTION, "message caption is too long")
        data = parameters.files.get(parameters.text("photo").removeprefix("attach://") or "photo")
        data = parameters.files.get("photo", data)
        if not data:
            raise bad("there is no photo in the request")
        if len(data) > MOST_PHOTO_BYTES:
            raise bad("PHOTO_INVALID_DIMENSIONS")
        number = self._world.number()
        file_id, path = f"AgACAgUAAxkBAAI{number:06d}Bot", f"photos/file_{number}.jpg"
        self._world.files[file_id] = File(data, len(data), path)
        size = {"file_id": file_id, "file_unique_id": f"u{number}", "file_size": len(data), "width": 640, "height": 480}
        content = {"photo": [size]} | ({"caption": caption} if caption else {})
        return self._post(chat, content | {f"caption_{name}": value for name, value in entities.items()}, parameters)

    def _post(self, chat: Chat, content: dict[str, Any], parameters: Parameters) -> Message:
        rows = inline_keyboard(parameters.json("reply_markup"))
        with self._world.lock:
            if self._pending.switches.flood and (wait := self._world.flood.wait(chat.id)):
                raise ApiError(429, f"Too Many Requests: retry after {wait}", wait)
            markup = {"reply_markup": {"inline_keyboard": rows}} if rows else {}
            return self._world.post(chat, content | markup, by_bot=True)

    def _send_chat_action(self, parameters: Parameters) -> bool:
        chat = self._reachable(parameters)
        if parameters.text("action") not in ACTIONS:
            raise bad("wrong parameter action in request")
        chat.begin_typing()
        return True

    def _answer_callback_query(self, parameters: Parameters) -> bool:
        if len(parameters.text("text")) > LONGEST_ANSWER:
            raise bad("MESSAGE_TOO_LONG")
        with self._world.lock:
            press = self._world.presses.get(parameters.text("callback_query_id"))
            if press is None:
                raise bad("query is too old and response timeout expired or query ID is invalid")
            press.answered = True
            self._world.chats[press.chat].version += 1
        return True

    def _edit_reply_markup(self, parameters: Parameters) -> Message:
        rows = inline_keyboard(parameters.json("reply_markup"))
        with self._world.lock:
            chat = self._reachable(parameters)
            message = chat.messages.get(parameters.number("message_id"))
            if message is None:
                raise bad("message to edit not found")
            if not message["from"]["is_bot"]:
                raise bad("message can't be edited")
            before = message.get("reply_markup", {}).get("inline_keyboard", [])
            if rows == before:
                raise bad(
                    "message is not modified: specified new message content and reply markup are exactly the same as a"
                    " current content and reply markup of the message"
                )
            message.pop("reply_markup", None)
            message |= {"reply_markup": {"inline_keyboard": rows}} if rows else {}
            chat.version += 1
            return dict(message)

    def _leave_chat(self, parameters: Parameters) -> bool:
        chat = self._reachable(parameters)
        if not chat.group:
            raise bad("chat member status can't be changed in private chats")
        with self._world.lock:
            del self._world.chats[chat.id]
        return True

    def _reachable(self, parameters: Parameters) -> Chat:
        if not (raw := parameters.text("chat_id").strip()):
            raise bad("chat_id is empty")
        chat = self._world.chat(int(raw)) if re.fullmatch(r"-?\d{1,19}", raw, re.ASCII) else None
        if chat is None:
            raise bad("chat not found")
        if chat.blocked:
            raise ApiError(403, "Forbidden: bot was blocked by the user")
        if not chat.started:
            raise ApiError(403, "Forbidden: bot can't initiate conversation with a user")
        return chat

    # Files and commands

    def _get_file(self, parameters: Parameters) -> dict[str, Any]:
        file_id = parameters.text("file_id")
        file = self._world.files.get(file_id)
        if file is None:
            raise bad("wrong file_id or the file is temporarily unavailable")
        if file.size > MOST_DOWNLOAD_BYTES:
            raise bad("file is too big")
        return {"file_id": file_id, "file_unique_id": file_id[-12:], "file_size": file.size, "file_path": file.path}

    def _set_commands(self, parameters: Parameters) -> bool:
        commands = parameters.json("commands")
        if not isinstance(commands, list) or len(commands) > MOST_COMMANDS:
            raise bad(f"expected a list of at most {MOST_COMMANDS} commands")
        for command in commands:
            if not isinstance(command, dict) or not COMMAND.fullmatch(str(command.get("command"))):
                raise bad("BOT_COMMAND_INVALID")
            if not 0 < len(str(command.get("description", ""))) <= LONGEST_DESCRIPTION:
                raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
        self._world.commands[parameters.text("language_code")] = commands
        return True


def _check_address(url: str) -> None:
    parts = urlsplit(url)
    if parts.hostname in LOOPBACK and parts.scheme in ("http", "https"):
        return
    if parts.scheme != "https":
        raise bad("bad webhook: An HTTPS URL must be provided for webhook")
    if (parts.port or 443) not in WEBHOOK_PORTS:
        raise bad("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
    raise bad("bad webhook: the stand-in tells updates on this machine only")


def _formatted(parameters: Parameters, name: str, most: int, too_long: str) -> tuple[str, dict[str, Any]]:
    """A text as it is shown and its entities. Raises ApiError."""
    raw, mode = parameters.text(name), parameters.text("parse_mode").lower()
    if mode not in ("", "html"):
        raise bad(f"unsupported parse_mode; the stand-in reads HTML only, not {mode[:20]!r}")
    text, entities = from_html(raw) if mode else (raw, [])
    text = text.replace("\0", "").strip()
    if len(text) > most:
        raise bad(too_long)
    return text, {"entities": entities} if entities else {}
