"""What each error of Zalo's means for a message (zalo.md 7): one table for the account, one for approved templates.

Zalo's numbers are negative. A positive one is an HTTP status that came without Zalo's envelope.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from bot.channels.base import Delivery, Outcome


class Remedy(Enum):
    """What is done about a refusal. A refused message was certainly not delivered."""

    RETRY = "retry"
    REFRESH_TOKEN = "refresh_token"  # and once more; where the next one is refused too, staff are told
    GIVE_UP = "give_up"
    TELL_STAFF = "tell_staff"  # gives up; only a person can mend it, the message can be sent again afterwards
    PLAIN_TEXT = "plain_text"  # once more without buttons; where there were none, as TELL_STAFF
    REUPLOAD = "reupload"


@dataclass(frozen=True)
class Meaning:
    """``name`` goes to logs. ``alarm``: staff are told beside the remedy. ``wait_seconds``: the least until a retry."""

    name: str
    remedy: Remedy
    unreachable: bool = False
    alarm: bool = False
    wait_seconds: float | None = None

    def delivery(self) -> Delivery:
        """What a message that ends with this refusal comes to."""
        again = self.remedy in (Remedy.RETRY, Remedy.REFRESH_TOKEN)
        return Delivery(
            Outcome.RETRY if again else Outcome.GIVE_UP,
            self.name,
            retry_after_seconds=self.wait_seconds,
            alarm=self.alarm or self.remedy not in (Remedy.RETRY, Remedy.GIVE_UP),
            unreachable=self.unreachable,
        )


def _staff(name: str) -> Meaning:
    return Meaning(name, Remedy.TELL_STAFF)


def _gone(name: str) -> Meaning:
    return Meaning(name, Remedy.GIVE_UP, unreachable=True)


MINUTE, TEN_MINUTES, HOUR = 60.0, 600.0, 3600.0
"""An hourly retry outlasts Zalo's night (22:00 to 06:00) within the outbox's tries."""
WINDOW_CLOSED = "window_closed"
OA: dict[int, Meaning] = {
    401: Meaning("token_refused", Remedy.REFRESH_TOKEN),
    429: Meaning("rate_limit", Remedy.RETRY, wait_seconds=MINUTE),
    503: Meaning("unavailable", Remedy.RETRY),
    -32: Meaning("rate_limit", Remedy.RETRY, wait_seconds=MINUTE),
    -100: Meaning("attachment_expired", Remedy.REUPLOAD),
    -124: Meaning("token_invalid", Remedy.REFRESH_TOKEN),
    -200: Meaning("send_failed", Remedy.RETRY),
    -201: Meaning("field_invalid", Remedy.PLAIN_TEXT),
    -204: _staff("account_disabled"),
    -205: _staff("account_unknown"),
    -209: _staff("application_inactive"),
    -210: _staff("too_long"),
    -211: Meaning("quota_used_up", Remedy.RETRY, alarm=True, wait_seconds=TEN_MINUTES),
    -212: _staff("api_not_registered"),
    -213: _gone("not_following"),
    -214: _staff("article_in_work"),
    -216: Meaning("token_invalid", Remedy.REFRESH_TOKEN),
    -217: _gone("blocked_invitations"),
    -218: Meaning("citizen_quota_used_up", Remedy.GIVE_UP),
    -219: _staff("application_removed"),
    -220: Meaning("token_expired", Remedy.REFRESH_TOKEN),
    -221: _staff("account_unverified"),
    -223: _staff("grant_missing"),
    -224: _staff("package_too_small"),
    -227: _gone("citizen_inactive"),
    -230: Meaning(WINDOW_CLOSED, Remedy.GIVE_UP),
    -232: Meaning(WINDOW_CLOSED, Remedy.GIVE_UP),
    -233: Meaning("kind_unsupported", Remedy.PLAIN_TEXT),
    -234: Meaning("night", Remedy.RETRY, wait_seconds=HOUR),
    -235: _staff("account_kind_unsupported"),
    -240: _staff("old_api"),
    -242: _staff("proof_invalid"),
    -244: _gone("citizen_restricted"),
    -248: _staff("content_refused"),
    -249: _staff("template_not_by_id"),
    -320: _staff("purse_not_linked"),
    -321: _staff("purse_empty"),
    -403: _staff("not_in_group"),
}
"""Of ``openapi.zalo.me``; -124 is not in Zalo's own list for it, and means the token."""

ZBS: dict[int, Meaning] = {
    -100: Meaning("template_failed", Remedy.RETRY),
    -108: Meaning("phone_invalid", Remedy.GIVE_UP),
    -109: _staff("template_unknown"),
    -112: _staff("template_data_invalid"),
    **{code: _staff("template_data_invalid") for code in range(-1129, -1119)},
    -115: _staff("template_quota_or_purse"),
    -117: _staff("template_not_ours"),
    -124: Meaning("token_invalid", Remedy.REFRESH_TOKEN),
    -131: _staff("template_unapproved"),
    -133: Meaning("night", Remedy.RETRY, wait_seconds=HOUR),
    **{code: _staff("template_not_allowed") for code in (-135, -136, -137, -138)},
    **{code: Meaning("template_refused_by_citizen", Remedy.GIVE_UP) for code in (-139, -140, -141)},
    **{
        code: Meaning("template_day_used_up", Remedy.RETRY, alarm=True, wait_seconds=HOUR)
        for code in (-144, -147, -1441, *range(-1479, -1469))
    },
}
"""Of the host for templates by phone number; the same number may mean another thing there."""
TEMPLATE = ZBS | OA
"""A template by the citizen's id goes to the account's host: its meanings first, those of templates beside them."""


def meaning_of(code: int, table: Mapping[int, Meaning] = OA) -> Meaning:
    """A code in no table is retried, as far as the outbox goes, and staff are told."""
    return table.get(code) or Meaning(f"code_{code}", Remedy.RETRY, alarm=True)
