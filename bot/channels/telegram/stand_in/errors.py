"""A refusal in Telegram's words."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """``code`` is the HTTP status too; ``retry_after`` in seconds, 0 for none."""

    def __init__(self, code: int, description: str, retry_after: int = 0) -> None:
        super().__init__(description)
        self.code, self.description, self.retry_after = code, description, retry_after

    def told(self) -> dict[str, Any]:
        """The body of the reply."""
        content: dict[str, Any] = {"ok": False, "error_code": self.code, "description": self.description}
        return content | ({"parameters": {"retry_after": self.retry_after}} if self.retry_after else {})


def bad(description: str) -> ApiError:
    """A 400."""
    return ApiError(400, f"Bad Request: {description}")
