"""What goes wrong on purpose: every failure that portal.md lists, switched on for one request or for all.

Three places: in front of the search (a gateway that answers itself), in the data (the dossier is not as it is), and on
the way back (late, slow, cut). What is written in a contract's own words is with that contract.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from datetime import timedelta

from bot.portal.stand_in.samples import UNKNOWN, Sample
from bot.portal.stand_in.wire import Reply, html_reply, json_reply

FAULTS = {
    "latency": "trả lời chậm",
    "silence": "im lặng 30 giây rồi ngắt",
    "drip": "nhỏ giọt từng byte",
    "cut_off": "ngắt giữa chừng",
    "truncated": "JSON bị cụt",
    "huge": "trả về 64 MB",
    "401": "token hết hạn, xin lại thì được",
    "401_twice": "token mới cũng bị từ chối",
    "404": "không có địa chỉ này",
    "429": "quá nhiều lượt",
    "500": "lỗi 500",
    "502": "lỗi 502 của cổng trước",
    "201": "đúng, nhưng là mã 201",
    "redirect": "chuyển sang trang đăng nhập",
    "html": "trang HTML thay vì JSON",
    "rejected": "tường lửa: Request Rejected, mã 200",
    "captcha": "trang đòi nhập mã xác nhận",
    "wrong_type": "các trường sai kiểu",
    "wrong_shape": "JSON không phải là đối tượng",
    "error_reply": "hệ thống tự báo lỗi, mã 200",
    "field_missing": "thiếu trường báo kết quả",
    "unknown_status": "trạng thái lạ",
    "stale": "dữ liệu cũ, trạng thái lùi lại",
    "empty": "không thấy hồ sơ",
}
AUTH = "auth:"
"""In front of a name: the fault strikes the call for a token."""
NOT_FOR_AUTH = {"401_twice", "unknown_status", "stale"}
NAMES = [*FAULTS, *(AUTH + name for name in FAULTS if name not in NOT_FOR_AUTH)]

SILENT_SECONDS, DRIP_SECONDS, DRIP_UNTIL_SECONDS = 30.0, 0.5, 60.0
RETRY_AFTER_SECONDS = 30
UNKNOWN_WORDING = "Chờ ký số"
BEFORE = {1: 1, 2: 1, 3: 1, 4: 2, 5: 4, 6: 4, 7: 4, 8: 4, 9: 4, 10: 9, UNKNOWN: 4}
"""The status that a dossier usually had before the one it has."""
Sleep = Callable[[float], None]


def in_front(fault: str | None, sleep: Sleep) -> Reply | None:
    """The reply of whatever stands in front of the search; None where the search itself is asked."""
    if fault is None:
        return None
    pages = {
        "500": json_reply({"timestamp": "2026-11-24T01:00:00.000+0000", "status": 500, "error": "Server Error"}, 500),
        "502": html_reply("<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>", 502),
        "404": json_reply({"status": 404, "error": "Not Found"}, 404),
        "429": json_reply({"error": "Too Many Requests"}, 429, ("Retry-After", str(RETRY_AFTER_SECONDS))),
        "html": html_reply("<!DOCTYPE html><html><head><title>Đăng nhập</title></head><body>Bảo trì</body></html>"),
        "rejected": html_reply(
            "<html><head><title>Request Rejected</title></head><body>The requested URL was rejected. Please consult "
            "with your administrator.<br><br>Your support ID is: 0000000000000000000</body></html>"
        ),
        "captcha": html_reply(
            "<!DOCTYPE html><html><body><form>Nhập mã xác nhận <img src='/captcha.png' alt='captcha'>"
            "<input name='captcha'></form></body></html>"
        ),
        "redirect": Reply(302, headers=(("Location", "/dang-nhap"),)),
        "silence": Reply(200, _silence(sleep)),
        "huge": Reply(200, (b" " * 1024 * 1024 for _ in range(64))),
    }
    return pages.get(fault)


def disturbed(sample: Sample | None, fault: str | None) -> Sample | None:
    """The dossier as a search with this fault sees it."""
    if sample is None or fault == "empty":
        return None
    if fault == "unknown_status":
        return sample.copy(update={"status": UNKNOWN, "wording": UNKNOWN_WORDING})
    if fault == "stale":
        return earlier(sample, days=20)
    return sample


def earlier(sample: Sample, days: int) -> Sample:
    """The dossier as it was so many days before its last change: one status back, nothing asked for yet."""
    past = {"status": BEFORE[sample.status], "wording": None, "supplements": (), "finished": None, "returned": None}
    return sample.copy(update={**past, "updated": sample.renewed - timedelta(days=days)})


def on_the_way(reply: Reply, fault: str | None, latency_seconds: float, sleep: Sleep) -> Reply:
    """The reply as the caller gets it: late, slow, cut, or under another number."""
    body = reply.body
    if not isinstance(body, bytes):
        return reply
    if fault == "latency":
        sleep(latency_seconds)
    if fault == "201" and reply.status == 200:
        return reply.but(status=201)
    if fault == "truncated":
        return reply.but(body=body[: len(body) // 2])
    if fault == "cut_off":
        return reply.but(body=_cut_off(body), length=len(body))
    if fault == "drip":
        return reply.but(body=_drip(body, sleep), length=len(body))
    return reply


def _silence(sleep: Sleep) -> Iterator[bytes]:
    sleep(SILENT_SECONDS)
    raise _broken_off()
    yield b""


def _cut_off(body: bytes) -> Iterator[bytes]:
    yield body[: len(body) // 2]
    raise _broken_off()


def _drip(body: bytes, sleep: Sleep) -> Iterator[bytes]:
    for place in range(min(len(body), int(DRIP_UNTIL_SECONDS / DRIP_SECONDS))):
        yield body[place : place + 1]
        sleep(DRIP_SECONDS)
    raise _broken_off()


def _broken_off() -> ConnectionResetError:
    """What makes the server drop the connection without a word in its log."""
    return ConnectionResetError(errno.ECONNRESET, "broken off on purpose")
