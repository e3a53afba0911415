"""Uploads to the account: what each kind may be, and how long it lives."""

from __future__ import annotations

import secrets

from bot.channels.zalo.stand_in.constants import ASSET_MS, MOST_UPLOADS
from bot.channels.zalo.stand_in.replies import ApiError, invalid
from bot.channels.zalo.stand_in.wire import Request, Upload
from bot.channels.zalo.stand_in.world import Asset, World

MEGABYTE = 1024 * 1024
MOST = {"image": MEGABYTE, "gif": 5 * MEGABYTE, "file": 5 * MEGABYTE}
ENDINGS = {"pdf": "application/pdf", "doc": "application/msword", "csv": "text/csv",
           "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document"}  # fmt: skip
STARTS = {"pdf": b"%PDF-", "doc": b"\xd0\xcf\x11\xe0", "docx": b"PK\x03\x04"}
FIELD = {"image": "attachment_id", "gif": "attachment_id", "file": "token"}


def take(world: World, kind: str, request: Request) -> dict[str, str]:
    """Keeps the upload of a request and gives the ``data`` of the answer. Raises ApiError."""
    files = request.uploads()
    upload = files.get("file") if files else None
    if upload is None or not upload.data:
        raise invalid("file")
    content_type = _type_of(kind, upload)
    if len(upload.data) > MOST[kind]:
        raise ApiError(-210, f"file exceeds limit of {MOST[kind] // MEGABYTE} MB")
    with world.lock:
        if world.counts["uploads"] >= MOST_UPLOADS:
            raise ApiError(-211)
        world.counts["uploads"] += 1
        key = secrets.token_urlsafe(24)
        media = world.keep_media(upload.data, content_type, upload.name)
        world.assets[key] = Asset(kind, upload.name, world.clock.now_ms(), media)
    return {FIELD[kind]: key}


def alive(world: World, key: str, kind: str) -> bool:
    """Whether this upload exists, is of this kind, and is not older than 7 days."""
    asset = world.assets.get(key)
    return asset is not None and asset.kind == kind and world.clock.now_ms() - asset.at_ms < ASSET_MS


def image_type(data: bytes) -> str:
    """The content type of a picture by its first bytes, empty for another."""
    starts = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png", b"GIF8": "image/gif"}
    return next((kind for start, kind in starts.items() if data.startswith(start)), "")


def _type_of(kind: str, upload: Upload) -> str:
    """The content type, where the bytes are what the address takes. Raises ApiError."""
    if kind != "file":
        found = image_type(upload.data)
        if found not in (("image/gif",) if kind == "gif" else ("image/jpeg", "image/png")):
            raise invalid("file")
        return found
    ending = upload.name.rsplit(".", 1)[-1].lower()
    if ending not in ENDINGS or not upload.data.startswith(STARTS.get(ending, b"")):
        raise invalid("file")
    return ENDINGS[ending]
