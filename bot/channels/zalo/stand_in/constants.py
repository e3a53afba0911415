"""Who is who at the stand-in. Nothing here is secret: the application, the account and the citizens are invented."""

from __future__ import annotations

from typing import NamedTuple

APP_ID = "360846524940903967"
APP_SECRET = "sample-app-secret"
OA_ID = "388613280878808645"
OA_SECRET = "oa-secret-for-tests"
OA_NAME = "Một Cửa (tài khoản mẫu)"
WARNING = "Zalo mẫu – người ở đây không có thật"

ACCESS_SECONDS = 90_000
REFRESH_SECONDS = 90 * 24 * 3600
CODE_SECONDS = 600
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
FREE_MS, OPEN_MS, ASSET_MS = 48 * HOUR_MS, 7 * DAY_MS, 7 * DAY_MS

LONGEST_TEXT = 2000
MOST_BUTTONS, LONGEST_TITLE, LONGEST_PAYLOAD = 5, 35, 1000
MOST_REACTIONS = 50
MOST_READ = 10
MOST_UPLOADS = 5000
RATE_A_MINUTE = 4000
LADDER_SECONDS = (30, 300, 900, 1800, 3600)
"""Waits between the attempts at one webhook; the first attempt comes at once."""
ANSWER_SECONDS = 2.0


class Citizen(NamedTuple):
    """An invented person. ``sensitive``: one of those whom Zalo protects."""

    id: str
    name: str
    sensitive: bool = False


FIRST_ID = 900_000_000_000_000_000
"""Ids of the stand-in count from here, eighteen digits as Zalo's are."""
CITIZENS = (
    Citizen(str(FIRST_ID + 1), "Trần Thị Mẫu"),
    Citizen(str(FIRST_ID + 2), "Lê Văn Thử"),
    Citizen(str(FIRST_ID + 3), "Phạm Thị Ví Dụ"),
    Citizen(str(FIRST_ID + 4), "Huỳnh Văn Tập Dùng"),
    Citizen(str(FIRST_ID + 5), "Bà Sáu Thí Dụ", sensitive=True),
)
FIRST_BULK_ID = FIRST_ID + 1_000_000
BY_APP = 100_000_000_000_000_000
"""What lies between a person's id at the account and at the application."""


class Template(NamedTuple):
    """An approved message that may be sent outside the window; ``by_id``: it can go to a user's id."""

    text: str
    parameters: frozenset[str]
    by_id: bool = True


TEMPLATES = {
    "480001": Template("Hồ sơ {ma_ho_so} của anh/chị {ten} đã có kết quả.", frozenset({"ma_ho_so", "ten"})),
    "480002": Template("Hồ sơ {ma_ho_so} của anh/chị {ten} cần bổ sung giấy tờ.", frozenset({"ma_ho_so", "ten"})),
    "480003": Template("Hồ sơ {ma_ho_so} có tin mới. Nhắn cho chúng tôi để xem.", frozenset({"ma_ho_so"})),
    "470001": Template("Mã xác nhận của anh/chị: {otp}.", frozenset({"otp"}), by_id=False),
}
