"""A content network of its own: what citizens sent, and addresses that fail as the real ones may.

``/cdn/mau.*`` are samples, ``/cdn/missing.jpg`` is 404, ``/cdn/huge.jpg`` 64 MB without a length, ``/cdn/slow.jpg`` one
byte every half second.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator

from bot.channels.zalo.stand_in.wire import Refused, Reply
from bot.channels.zalo.stand_in.world import World

PATH = "/cdn/"
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
SAMPLES = {
    "mau.png": (base64.b64decode(PIXEL), "image/png"),
    "mau.gif": (b"GIF89a\1\0\1\0\0\0\0;", "image/gif"),
    "mau.aac": (b"\xff\xf1" + b"\0" * 62, "audio/aac"),
    "mau.mp4": (b"\0\0\0\x18ftypmp42" + b"\0" * 52, "video/mp4"),
    "mau.pdf": (b"%PDF-1.4\n%%EOF\n", "application/pdf"),
}
"""What media are made of where nobody gave their bytes: they begin as such files do, and are of no use otherwise."""
ENDINGS = {"gif": "gif", "audio": "aac", "video": "mp4", "file": "pdf"}
VARIANTS = {"missing": f"{PATH}missing.jpg", "huge": f"{PATH}huge.jpg", "slow": f"{PATH}slow.jpg"}
HUGE_MEGABYTES = 64
SLOW_BYTES, SLOW_SECONDS = 120, 0.5
JPEG_START = b"\xff\xd8\xff\xe0"


def sample(kind: str) -> str:
    """The address of the sample of this kind."""
    return f"{PATH}mau.{ENDINGS.get(kind, 'png')}"


def serve(world: World, path: str, sleep: Callable[[float], None]) -> Reply:
    """What lies at this address. Raises Refused."""
    if path == VARIANTS["huge"]:
        return Reply(200, (JPEG_START + b"\0" * (1024 * 1024 - 4) for _ in range(HUGE_MEGABYTES)), "image/jpeg")
    if path == VARIANTS["slow"]:
        return Reply(200, _drip(sleep), "image/jpeg")
    name = path.removeprefix(PATH)
    with world.lock:
        kept = world.media.get(name) or SAMPLES.get(name)
    if kept is None:
        raise Refused(404, "nothing lies here")
    # a page of the stand-in's origin could be made of an upload; nothing here may run
    guarded = (("Content-Security-Policy", "default-src 'none'; sandbox"), ("X-Content-Type-Options", "nosniff"))
    return Reply(200, kept[0], kept[1], guarded)


def _drip(sleep: Callable[[float], None]) -> Iterator[bytes]:
    yield JPEG_START
    for _ in range(SLOW_BYTES):
        sleep(SLOW_SECONDS)
        yield b"\0"
