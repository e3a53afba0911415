"""What tests and the page may change: what goes wrong at the API, and how updates are told."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Extra, Field

FAULTS = {
    "429": "quá nhiều lượt",
    "400": "từ chối tin này",
    "401": "token không còn đúng",
    "403": "người dùng đã chặn bot",
    "404": "không có địa chỉ này",
    "500": "lỗi 500",
    "502": "lỗi 502 của cổng trước",
    "503": "đang bảo trì, mã 503",
    "html": "trang HTML thay vì JSON",
    "parse": "không đọc được định dạng HTML",
    "reset": "ngắt ngay, chưa làm gì",
    "silence": "im lặng rồi ngắt, chưa làm gì",
    "lost": "đã làm, nhưng câu trả lời mất",
    "late": "đã làm, trả lời rất chậm",
    "latency": "trả lời chậm",
}
FaultName = Literal[
    "429", "400", "401", "403", "404", "500", "502", "503", "html", "parse", "reset", "silence", "lost", "late",
    "latency",
]  # fmt: skip


class Strict(BaseModel):
    """A door's content: a field that is not known is refused."""

    class Config:
        extra = Extra.forbid


class Fault(Strict):
    """Something that goes wrong at the API.

    ``method``: the one it strikes, empty for all; ``user``: only calls for this chat, 0 for all; ``count``: how many
    calls, None for all until it is taken away. ``seconds``: how long ``silence``, ``late`` and ``latency`` take, and
    what ``429`` asks for. ``lost`` and ``late`` do what was asked, as ``latency`` does; all others do not.
    """

    name: FaultName
    method: str = ""
    user: int = 0
    count: int | None = Field(default=1, ge=1)
    seconds: float = Field(default=30.0, ge=0, le=120)

    def strikes(self, method: str, user: str) -> bool:
        """True where a call of this method for this chat meets it."""
        return self.method.lower() in ("", method.lower()) and (not self.user or str(self.user) == user)


class Switches(Strict):
    """``flood``: flood control is on; ``duplicates``: the share of updates that a webhook is told again, after the
    chat's next one; ``shuffle``: chats are not told in the order of their updates (those of one chat always are);
    ``scale`` multiplies the waits before an update is told again.
    """

    fault: Fault | None = None
    flood: bool = True
    duplicates: float = Field(default=0.0, ge=0, le=1)
    shuffle: bool = False
    scale: float = Field(default=1.0, ge=0)

    def changed(self, changes: dict[str, Any]) -> Switches:
        """With these switches as given. Raises ValueError."""
        return Switches.parse_obj({**self.dict(), **changes})
