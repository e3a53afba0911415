"""Zalo's envelope: every answer of the OA API is HTTP 200, and ``error`` says how it went."""

from __future__ import annotations

from typing import Any

from bot.channels.zalo.stand_in.wire import Reply, json_reply

MESSAGES = {
    -32: "Your application reached the limit of calls",
    -100: "attachment_id was expired",
    -200: "Send message failed",
    -204: "Official Account was disabled",
    -205: "Official Account does not exist",
    -209: "Not supported this api",
    -210: "Parameter exceeds limit",
    -211: "Out of quota",
    -212: "Application has not registered this api",
    -213: "User has not followed the Official Account",
    -216: "Access token is invalid",
    -217: "User blocked the invitation of the Official Account",
    -218: "Out of quota receive",
    -219: "Application was removed or disabled",
    -220: "Access token is expired or removed",
    -221: "Official Account is not verified",
    -223: "Official Account has not authorised this api",
    -224: "Official Account must upgrade its package",
    -227: "User is banned or has been inactive for more than 45 days",
    -230: "User has not interacted with the Official Account in the past 7 days",
    -232: "The interaction has expired",
    -233: "Message type is invalid or not support",
    -235: "This api does not support the type of the Official Account",
    -240: "MessageV2 API has been shut down, please switch to MessageV3",
    -242: "Invalid appsecret_proof",
    -244: "User has restricted this type of message",
    -248: "Content violates the standards of the platform",
    -249: "Template cannot be sent by UID",
    -320: "Zalo Cloud Account is not linked to the application",
    -321: "Zalo Cloud Account is out of money",
}
"""The OA table. Numbers by zalo.md section 7; the words are ours where it quotes none."""


class ApiError(Exception):
    """What the OA API refuses; ``code`` is one of the table, ``status`` the HTTP status it comes with."""

    def __init__(self, code: int, message: str = "", status: int = 200) -> None:
        self.code, self.message, self.status = code, message or MESSAGES.get(code, "Unknown error"), status
        super().__init__(f"{code} {self.message}")


def invalid(field: str) -> ApiError:
    """The refusal of a field that is missing, unknown or of another shape."""
    return ApiError(-201, f"{field} is invalid!")


def success(data: dict[str, Any] | list[dict[str, Any]]) -> Reply:
    return json_reply({"error": 0, "message": "Success", "data": data})


def failure(error: ApiError) -> Reply:
    return json_reply({"error": error.code, "message": error.message}, error.status)
