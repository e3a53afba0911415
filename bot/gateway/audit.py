"""Who did what: written with the deed, in its transaction; a trigger of the database lets nobody change it."""

from __future__ import annotations

from typing import Any

from bot.gateway.models import AuditEntry


def record(who: str, action: str, subject: str = "", detail: dict[str, Any] | None = None) -> None:
    """Writes one deed down. ``who``: a member of staff or a part of the service; ``subject``: what it was done to.

    Neither holds what a citizen wrote, nor who a citizen is.
    """
    AuditEntry.objects.create(who=who, action=action, subject=subject, detail=detail or {})
