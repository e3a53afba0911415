"""HTML as Telegram reads it: a few tags, four entities, and a refusal of everything else that looks like a tag."""

from __future__ import annotations

import re
from typing import Any

from bot.channels.telegram.stand_in.errors import ApiError, bad

TAGS = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "code": "code", "pre": "pre",
    "blockquote": "blockquote", "tg-spoiler": "spoiler", "span": "spoiler", "a": "text_link",
}  # fmt: skip
NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
TOKEN = re.compile(r"<(/?)([^<>\s/]*)([^<>]*)>|<|&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(lt|gt|amp|quot));|[^<&]+|&")
HREF = re.compile(r"""\s*href\s*=\s*["']?([^"'\s]+)["']?\s*""")


def from_html(text: str) -> tuple[str, list[dict[str, Any]]]:
    """The text as it is shown, and its entities (offsets in UTF-16 units, as Telegram counts). Raises ApiError."""
    shown: list[str] = []
    entities: list[dict[str, Any]] = []
    open_tags: list[tuple[str, dict[str, Any]]] = []
    length = 0
    for match in TOKEN.finditer(text):
        token, at = match.group(), len(text[: match.start()].encode("utf-8", "surrogatepass"))
        if not token.startswith("<"):
            piece = _character(match)
            shown.append(piece)
            length += len(piece.encode("utf-16-le", "surrogatepass")) // 2
        elif match.group(1):
            _close(match.group(2).lower(), open_tags, length, entities, at)
        else:
            open_tags.append(_opened(match, length, at))
    if open_tags:
        raise _refused(f'Can\'t find end tag corresponding to start tag "{open_tags[-1][0]}"')
    return "".join(shown), [entity for entity in entities if entity["length"]]


def _character(match: re.Match[str]) -> str:
    if match.group(4) or match.group(5):
        number = int(match.group(4)) if match.group(4) else int(match.group(5), 16)
        return chr(number) if 0 < number < 0x110000 and not 0xD800 <= number < 0xE000 else match.group()
    return NAMED[match.group(6)] if match.group(6) else match.group()


def _opened(match: re.Match[str], length: int, at: int) -> tuple[str, dict[str, Any]]:
    name = (match.group(2) or "").lower()
    if name not in TAGS:
        raise _refused(f'Unsupported start tag "{name}" at byte offset {at}')
    entity: dict[str, Any] = {"type": TAGS[name], "offset": length}
    if name == "a" and (href := HREF.fullmatch(match.group(3))):
        entity["url"] = href[1]
    return name, entity


def _close(
    name: str, open_tags: list[tuple[str, dict[str, Any]]], length: int, entities: list[dict[str, Any]], at: int
) -> None:
    if not open_tags:
        raise _refused(f"Unexpected end tag at byte offset {at}")
    expected, entity = open_tags.pop()
    if name not in ("", expected):
        raise _refused(f'Unmatched end tag at byte offset {at}, expected "</{expected}>", found "</{name}>"')
    entities.append(entity | {"length": length - entity["offset"]})


def _refused(problem: str) -> ApiError:
    return bad(f"can't parse entities: {problem}")
