"""Whether a message may go to a user now, and which quota pays for it (zalo.md section 5)."""

from __future__ import annotations

from typing import Any

from bot.channels.zalo.stand_in.constants import FREE_MS, OA_ID, OPEN_MS
from bot.channels.zalo.stand_in.replies import ApiError
from bot.channels.zalo.stand_in.world import User, World

ZCA = {"none": -320, "empty": -321}


def check_reachable(user: User) -> None:
    """Raises ApiError where nothing at all reaches this person."""
    if user.blocked:
        raise ApiError(-244)
    if user.inactive:
        raise ApiError(-227)


def check_open(world: World, user: User) -> str:
    """The quota that a consulting message takes now: reply or sub_quota. Raises ApiError.

    Free for 48 hours after the user's last act, billed until 7 days, refused later. Whoever left, or neither follows
    nor ever wrote, is -213.
    """
    check_reachable(user)
    last = user.last_interaction_ms
    if last is None:
        raise ApiError(-230 if user.follows else -213)
    since = world.clock.now_ms() - last
    if since > OPEN_MS:
        raise ApiError(-230)
    if since <= FREE_MS:
        check_receive(user)
        return "reply"
    check_paid(world)
    check_receive(user)
    return "sub_quota"


def check_paid(world: World) -> None:
    """Raises ApiError where a message that costs money cannot be paid for."""
    if world.switches.zca in ZCA:
        raise ApiError(ZCA[world.switches.zca])
    if world.switches.sub_quota <= 0:
        raise ApiError(-211)


def check_receive(user: User) -> None:
    """Raises ApiError -218 for whoever has got all they may get."""
    if user.receive_left is not None and user.receive_left <= 0:
        raise ApiError(-218)


def charge(world: World, user: User, quota_type: str) -> dict[str, Any]:
    """Takes one message off and gives the ``quota`` of the answer."""
    if user.receive_left is not None:
        user.receive_left -= 1
    told: dict[str, Any] = {"quota_type": quota_type, "owner_type": "OA", "owner_id": OA_ID}
    if quota_type != "reply":
        world.switches = world.switches.changed({"sub_quota": world.switches.sub_quota - 1})
        told |= {"remain": str(world.switches.sub_quota), "total": "1000", "expired_date": "31/12/2026"}
    return told
