"""The parameters of a call, from wherever the Bot API takes them, and read as the types that it has."""

from __future__ import annotations

import email.parser
import email.policy
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from bot.channels.telegram.stand_in.errors import bad
from bot.channels.zalo.stand_in.wire import Request, as_object


@dataclass(frozen=True)
class Parameters:
    """What a call brings: texts by name (numbers and JSON are texts in a form), and uploaded files."""

    texts: dict[str, str]
    files: dict[str, bytes]

    @classmethod
    def of(cls, request: Request) -> Parameters:
        """Raises ApiError for a body of another kind, or one that is not whole."""
        texts = {name: values[0] for name, values in request.query.items()}
        if not request.body:
            return cls(texts, {})
        if request.kind == "application/x-www-form-urlencoded":
            body = parse_qs(request.body.decode("utf-8", "replace"), keep_blank_values=True)
            return cls(texts | {name: values[0] for name, values in body.items()}, {})
        if request.kind == "application/json":
            if (content := as_object(request.body)) is None:
                raise bad("can't parse JSON object")
            return cls(texts | {name: v if isinstance(v, str) else json.dumps(v) for name, v in content.items()}, {})
        if request.kind == "multipart/form-data":
            fields, files = _multipart(request)
            return cls(texts | fields, files)
        raise bad("unsupported content type")

    def text(self, name: str) -> str:
        return self.texts.get(name, "")

    def flag(self, name: str) -> bool:
        return self.text(name).lower() in ("true", "1", "yes")

    def number(self, name: str, default: int = 0) -> int:
        """Raises ApiError."""
        raw = self.text(name)
        try:
            return int(raw) if raw else default
        except ValueError:
            raise bad(f"{name} is not a number") from None

    def json(self, name: str) -> Any:
        """None where it is missing. Raises ApiError."""
        if not (raw := self.text(name)):
            return None
        try:
            return json.loads(raw)
        except (ValueError, RecursionError):
            raise bad(f"can't parse {name.replace('_', ' ')} JSON object") from None


def _multipart(request: Request) -> tuple[dict[str, str], dict[str, bytes]]:
    head = f"Content-Type: {request.header['content-type']}\r\n\r\n".encode("utf-8", "replace")
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + request.body)
    if not message.is_multipart() or message.defects:
        raise bad("can't parse multipart form")
    texts, files = dict[str, str](), dict[str, bytes]()
    for part in message.iter_parts():
        field, data = part.get_param("name", header="content-disposition"), part.get_payload(decode=True)
        if not isinstance(field, str) or not isinstance(data, bytes):
            raise bad("can't parse multipart form")
        if part.get_filename() is None:
            texts[field] = data.decode("utf-8", "replace")
        else:
            files[field] = data
    return texts, files
