"""iGate 2.0's citizen search: a client-credentials token, then one GET for one code.

Contract: reference portal.md 4.1 and 4.3. Only the parameters ``page, size, spec, code`` are ever sent; the officers'
search is not used. Status ids differ between installations, so they are given to ``status_of`` with their names.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from bot.language.codes import dossier_code
from bot.portal import fields
from bot.portal.deadline import Deadline
from bot.portal.dossier import Dossier, DossierStatus, Outcome, Source
from bot.portal.fields import Candidate, at
from bot.portal.pace import Failure
from bot.portal.tokens import Tokens, token_of
from bot.portal.transport import Transport

TOKEN_PATH = "/auth/realms/digo/protocol/openid-connect/token"
SEARCH_PATH = "/pa/dossier-search/dvc"
StatusOf = Callable[[str, str], DossierStatus]
"""The status that a portal's id and name (either may be "") stand for; UNKNOWN where they stand for none."""


class IGate:
    """One installation, through a client issued to this project."""

    source = Source.IGATE

    def __init__(
        self, transport: Transport, url: str, token_url: str, client: str, secret: str, status_of: StatusOf
    ) -> None:
        self._transport, self._url, self._token_url = transport, url, token_url
        self._basic = "Basic " + base64.b64encode(f"{client}:{secret}".encode()).decode()
        self._status_of = status_of
        self._tokens = Tokens(self._token)

    def fetch(self, code: str, deadline: Deadline) -> list[Candidate]:
        """The dossiers with this code; none where the portal knows none. Raises Failure."""

        def search(token: str) -> Any:
            asked = {"page": "0", "size": "10", "spec": "slice", "code": code}
            headers = {"Authorization": f"Bearer {token}"}
            return self._transport.ask("GET", self._url + SEARCH_PATH, deadline, params=asked, headers=headers)

        content = at(self._tokens.using(search, deadline), "content")
        if not isinstance(content, list):
            raise Failure(Outcome.UPSTREAM_DOWN, "a slice without content")
        return of_this_code(content, ("code", "nationCode"), code, self._candidate)

    def _token(self, deadline: Deadline) -> tuple[str, float]:
        form, headers = {"grant_type": "client_credentials"}, {"Authorization": self._basic}
        reply = self._transport.ask("POST", self._token_url, deadline, data=form, headers=headers)
        return token_of(reply, "access_token")

    def _candidate(self, item: dict[str, Any], code: str) -> Candidate:
        person = at(item, "applicant", "data")
        names = [fields.plain(at(person, name)) for name in ("fullname", "ownerFullname")]
        number = fields.code_or_number(at(item, "dossierStatus", "id"))
        wording = next(filter(None, (fields.public(item.get(name), names) for name in WORDINGS)), "")
        status = self._status_of(number, wording)
        updated = fields.moment(item.get("updatedDate"))
        dossier = Dossier(
            code=code,
            status=status,
            portal_status=wording,
            procedure_code=fields.procedure_code(at(item, "procedure", "code")),
            procedure_name=fields.public(at(item, "procedure", "translate"), names)
            or fields.public(item.get("procedure"), names),
            office=fields.public(item.get("agency"), names),
            received_on=fields.day(item.get("acceptedDate")) or fields.day(item.get("appliedDate")),
            due_on=fields.day(item.get("appointmentDate")) or fields.day(item.get("dueDate")),
            returned_on=fields.day(item.get("completedDate")) if status is DossierStatus.RETURNED else None,
            owner_masked=next(filter(None, map(fields.masked_name, reversed(names))), ""),
            as_of=updated,
        )
        return Candidate(dossier, fields.code_or_number(at(person, "phoneNumber")), updated)


WORDINGS = ("dossierStatus", "statusCurrentTask", "dossierTaskStatus")
"""Where the portal's own wording of the status stands, best first."""


def of_this_code(
    content: list[Any], names: tuple[str, ...], code: str, candidate: Callable[[dict[str, Any], str], Candidate]
) -> list[Candidate]:
    """The items of a reply that carry the code asked for; those of other dossiers are dropped unread.

    Raises Failure where none carries it and one of them cannot be read.
    """
    found, unreadable = [], False
    for item in content[:100]:
        carried = [item[name] for name in names if isinstance(item.get(name), str)] if isinstance(item, dict) else []
        if any(dossier_code(one) == code for one in carried):
            found.append(candidate(item, code))
        elif not carried:
            unreadable = True
    if unreadable and not found:
        raise Failure(Outcome.UPSTREAM_DOWN, "an item that cannot be read", of_all=False)
    return found
