"""Who is who at the stand-in, and Telegram's limits. Nothing here is secret: the bot and the citizens are invented."""

from __future__ import annotations

from typing import NamedTuple

TOKEN = "123456:SAMPLE-TOKEN-FOR-TESTS"
SECRET = "sample-secret-for-tests"
BOT_ID = 123456
BOT_NAME, BOT_USERNAME = "Một Cửa (bot mẫu)", "motcua_sample_bot"
WARNING = "Telegram mẫu để tập dùng – người trong này đều không có thật"


class Citizen(NamedTuple):
    """An invented person."""

    id: int
    name: str


FIRST_ID = 4_503_599_000_000_000
"""Ids count from here: within the 52 bits that Telegram's may have, far beyond those it has given."""
CITIZENS = (
    Citizen(FIRST_ID + 1, "Trần Thị Mẫu"),
    Citizen(FIRST_ID + 2, "Lê Văn Thử"),
    Citizen(FIRST_ID + 3, "Phạm Thị Ví Dụ"),
    Citizen(FIRST_ID + 4, "Huỳnh Văn Tập Dùng"),
)
FIRST_BULK_ID = FIRST_ID + 100_000_000
GROUP_ID = -1_009_900_000_000_001

LONGEST_TEXT, LONGEST_CAPTION, LONGEST_ANSWER = 4096, 1024, 200
LONGEST_DATA_BYTES, MOST_A_ROW, MOST_BUTTONS = 64, 8, 100
MOST_COMMANDS, LONGEST_COMMAND, LONGEST_DESCRIPTION = 100, 32, 256
MOST_PHOTO_BYTES, MOST_DOWNLOAD_BYTES = 10 * 1024 * 1024, 20 * 1024 * 1024
WEBHOOK_PORTS = {443, 80, 88, 8443}
CHAT_BURST, ALL_A_SECOND = 5, 30
"""Flood control: one message a second in a chat after a burst, thirty a second in all."""
LONGEST_RETRY_SECONDS = 60
WEBHOOK_SECONDS = 10.0
TYPING_SECONDS = 5.0
