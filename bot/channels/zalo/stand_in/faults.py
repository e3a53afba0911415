"""What goes wrong on purpose at the API and the token address, around the answer that would have been given."""

from __future__ import annotations

from collections.abc import Callable

from bot.channels.zalo.stand_in.replies import ApiError, failure
from bot.channels.zalo.stand_in.switches import Fault
from bot.channels.zalo.stand_in.wire import Reply, Request, broken_off, html_reply

MEANINGS = {
    "html": "trang HTML thay vì JSON",
    "502": "lỗi 502 của cổng trước",
    "timeout": "im lặng rồi ngắt",
    "reset": "ngắt kết nối ngay",
    "lost": "đã nhận nhưng mất câu trả lời",
    "lost_late": "đã nhận nhưng trả lời quá trễ",
    "401": "HTTP 401",
    "error": "mã lỗi",
    "latency": "trả lời chậm",
}
"""In words for the page."""
Sleep = Callable[[float], None]


def around(fault: Fault, request: Request, answer: Callable[[], Reply], sleep: Sleep) -> Reply:
    """The reply of a call that this fault strikes. ``answer`` does what was asked; some faults never come to it."""
    if fault.name == "latency":
        sleep(fault.seconds)
        return answer()
    if fault.name == "lost":
        answer()
        return broken_off(request, sleep)
    if fault.name == "lost_late":
        reply = answer()
        sleep(fault.seconds)
        return reply
    pages: dict[str, Callable[[], Reply]] = {
        "html": lambda: html_reply("<!DOCTYPE html><html><head><title>Zalo</title></head><body>Bảo trì</body></html>"),
        "502": lambda: html_reply("<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>", 502),
        "timeout": lambda: broken_off(request, sleep, fault.seconds),
        "reset": lambda: broken_off(request, sleep),
        "401": lambda: failure(ApiError(-216, status=401)),
        "error": lambda: failure(ApiError(fault.code)),
    }
    return pages[fault.name]()
