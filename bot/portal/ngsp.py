"""NGSP/LGSP, service ``TraCuuHoSo``: a session from the auth endpoint, then one POST for one code.

Contract: reference portal.md 3 and 5. No other service is ever called. ``LoaiDoiTuong`` is coded in two ways and not
read. ``NgayBoSung`` is the day of a supplement request; its last day has no field and is looked for in the text.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bot.portal import fields
from bot.portal.deadline import Deadline
from bot.portal.dossier import Charge, Dossier, DossierStatus, Outcome, Source, Supplement
from bot.portal.fields import Candidate
from bot.portal.igate import StatusOf, of_this_code
from bot.portal.pace import Failure
from bot.portal.tokens import Tokens, token_of
from bot.portal.transport import Transport, Unauthorised

SERVICE = "TraCuuHoSo"
NAMES = ("ChuHoSo", "NguoiXuLy")
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class Ngsp:
    """One gateway, with the credentials of a unit. ``unit``: its code (madonvi); ``dstcode``: the receiving system."""

    source = Source.NGSP

    def __init__(
        self,
        transport: Transport,
        url: str,
        token_url: str,
        client: str,
        secret: str,
        status_of: StatusOf,
        unit: str,
        dstcode: str,
    ) -> None:
        self._transport, self._url, self._token_url = transport, url, token_url
        self._credentials = {"username": client, "password": secret}
        self._status_of, self._unit = status_of, unit
        self._headers = {"Charset": "utf-8", "dstcode": dstcode}
        self._tokens = Tokens(self._session)

    def fetch(self, code: str, deadline: Deadline) -> list[Candidate]:
        """The dossiers with this code; none where the gateway knows none. Raises Failure."""

        def search(session: str) -> Any:
            asked = {"session": session, "madonvi": self._unit, "service": SERVICE, "mahoso": code}
            return succeeded(self._transport.ask("POST", self._url, deadline, json=asked, headers=self._headers))

        result = self._tokens.using(search, deadline).get("result")
        if result is None or result == {}:
            return []
        found = result if isinstance(result, list) else [result]
        return of_this_code(found, ("MaHoSo",), code, self._candidate)

    def _session(self, deadline: Deadline) -> tuple[str, float]:
        reply = self._transport.ask("POST", self._token_url, deadline, json=self._credentials, headers=self._headers)
        return token_of(succeeded(reply), "session")

    def _candidate(self, item: dict[str, Any], code: str) -> Candidate:
        asked = sorted(fields.rows(item.get("DanhSachHoSoBoSung")), key=_asked_at, reverse=True)
        names = [fields.plain(item.get(name)) for name in NAMES]
        names += [fields.plain(row.get("NguoiYeuCauBoSung")) for row in asked]
        status, wording = self._status(fields.code_or_number(item.get("TrangThaiHoSo")), names)
        new_due = next(filter(None, (fields.day(row.get("NgayHenTraMoi")) for row in [*asked, item])), None)
        dossier = Dossier(
            code=code,
            status=status,
            portal_status=wording,
            procedure_code=fields.procedure_code(item.get("MaTTHC")),
            procedure_name=fields.public(item.get("TenTTHC"), names),
            office=fields.public(item.get("DonViXuLy"), names),
            received_on=fields.day(item.get("NgayTiepNhan")),
            due_on=new_due or fields.day(item.get("NgayHenTra")),
            returned_on=fields.day(item.get("NgayTra")),
            supplements=tuple(filter(None, (_supplement(row, names) for row in asked))),
            charges=tuple(_charge(row, names) for row in fields.rows(item.get("DanhSachLePhi"))),
            owner_masked=fields.masked_name(item.get("ChuHoSo")),
        )
        return Candidate(dossier, fields.code_or_number(item.get("SoDienThoai")))

    def _status(self, sent: str, names: list[str]) -> tuple[DossierStatus, str]:
        """One of the national ten by its number, which is no wording; else by its wording, kept as it is."""
        if sent.isascii() and sent.isdigit() and len(sent) <= 2 and 1 <= int(sent) <= 10:
            return DossierStatus(int(sent)), ""
        wording = fields.public(sent, names)
        return self._status_of("", wording), wording


def succeeded(reply: Any) -> dict[str, Any]:
    """The reply, where its ``error_code`` says success. Raises Failure."""
    code = reply.get("error_code") if isinstance(reply, dict) else None
    if isinstance(reply, dict) and (code in ("00", "0") or (code == 0 and not isinstance(code, bool))):
        return reply
    if code in ("401", 401):
        raise Unauthorised
    raise Failure(Outcome.UPSTREAM_DOWN, "a reply that does not say success")


def _asked_at(row: dict[str, Any]) -> datetime:
    return fields.moment(row.get("NgayBoSung")) or LONG_AGO


def _supplement(row: dict[str, Any], names: list[str]) -> Supplement | None:
    text = fields.redacted(row.get("NoiDungBoSung"), names)
    return Supplement(text, fields.last_day(fields.plain(row.get("NoiDungBoSung")))) if text else None


def _charge(row: dict[str, Any], names: list[str]) -> Charge:
    paid = fields.yes_or_no(row.get("TrangThaiThanhToan"))
    return Charge(fields.public(row.get("TenPhiLePhi"), names), fields.amount(row.get("Gia")), paid)
