"""iGate 2.0, citizen search: the token call and the slice, as portal.md section 4 describes them."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, date, datetime, time
from hashlib import blake2b
from typing import Any

from bot.portal.stand_in.faults import earlier
from bot.portal.stand_in.samples import ADDRESS, IDENTITY, NAME, OFFICER, Sample, phone_of
from bot.portal.stand_in.wire import Refused, Reply, Request, json_reply
from bot.settings import TIME_ZONE

TOKEN_PATH = "/auth/realms/digo/protocol/openid-connect/token"
SEARCH_PATH = "/pa/dossier-search/dvc"
CLIENT, SECRET = "motcua", "sample"
NEVER_OURS = ("identity-number", "applicant-name")
"""Parameters of the officers' search; a client that sends one breaks privacy rule 4."""
STATUS_IDS = {1: 0, 2: 1, 3: 6, 4: 2, 5: 3, 6: 9, 7: 12, 8: 13, 9: 4, 10: 5, 0: 17}
"""This installation's own numbers, on purpose other ones than the national ten."""


def check_client(request: Request) -> None:
    """Raises Refused unless the call for a token is as the contract has it."""
    if request.form().get("grant_type") != "client_credentials":
        raise Refused(400, "unsupported_grant_type")
    kind, _, coded = request.header.get("authorization", "").partition(" ")
    try:
        given = base64.b64decode(coded, validate=True)
    except (binascii.Error, ValueError):
        given = b""
    if kind.lower() != "basic" or given != f"{CLIENT}:{SECRET}".encode():
        raise Refused(401, "invalid_client")


def token_reply(token: str, seconds: int, fault: str | None) -> Reply:
    if fault == "wrong_type":
        return json_reply({"access_token": 7, "expires_in": "soon"})
    if fault == "wrong_shape":
        return json_reply([token])
    if fault == "error_reply":
        return json_reply({"error": "server_error"})
    if fault in ("empty", "field_missing"):
        return json_reply({"expires_in": seconds})
    return json_reply({"access_token": token, "expires_in": seconds, "token_type": "Bearer", "scope": "profile"})


def bearer(request: Request) -> str:
    """The token of a search, empty where there is none."""
    kind, _, token = request.header.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def asked_for(request: Request) -> tuple[str, int, int]:
    """Code, page and size of a search. Raises Refused."""
    for name in NEVER_OURS:
        if name in request.query:
            raise Refused(400, f"{name} belongs to the officers' search")
    page, size = request.value("page"), request.value("size")
    if request.value("spec") != "slice" or not page.isdecimal() or not size.isdecimal() or not 0 < int(size) <= 100:
        raise Refused(400, "page, size and spec=slice are required")
    if not request.value("code"):
        raise Refused(400, "code is required")
    return request.value("code"), int(page), int(size)


def slice_reply(sample: Sample | None, page: int, size: int, phone: bool, fault: str | None) -> Reply:
    """The reply to a search; ``phone`` says whether applicant.data holds a phone number."""
    rows = [] if sample is None else [_item(sample, phone)]
    if sample and "twice" in sample.shapes:
        rows.insert(0, _item(earlier(sample, days=5), phone))
    content: Any = rows[page * size : (page + 1) * size]
    if fault == "wrong_shape":
        return json_reply("ok")
    if fault == "error_reply":
        return json_reply({"error": "internal", "message": "Có lỗi xảy ra"})
    if fault == "field_missing":
        return json_reply({"last": True, "number": page, "size": size})
    if fault == "wrong_type":
        content = [_wrong(sample.code if sample else "")]
    last = (page + 1) * size >= len(rows)
    return json_reply({"content": content, "last": last, "number": page, "size": size})


def _wrong(code: str) -> dict[str, Any]:
    return {
        "code": [code], "dossierStatus": "Đang xử lý", "statusCurrentTask": {"name": 4}, "applicant": "không có",
        "procedure": 7, "agency": ["UBND"], "appointmentDate": {"seconds": 1}, "appliedDate": True,
    }  # fmt: skip


def _item(sample: Sample, phone: bool) -> dict[str, Any]:
    ident = blake2b(sample.code.encode(), digest_size=12).hexdigest()
    item: dict[str, Any] = {
        "id": ident,
        "code": sample.code,
        "nationCode": sample.code,
        "dossierStatus": {"id": STATUS_IDS[sample.status], "name": sample.portal_status},
        "dossierTaskStatus": {"id": f"{ident[:8]}0000000000000001", "name": sample.portal_status},
        "statusCurrentTask": sample.portal_status,
        "applicant": {"data": _person(sample, phone)},
        "procedure": _procedure(sample, ident),
        "agency": {"id": f"{ident[:8]}0000000000000003", "code": "H19.12", "name": sample.office},
        "applyMethod": {"id": 0 if sample.method == "Trực tuyến" else 1, "name": sample.method},
        "currentTask": [{"assignee": {"fullname": OFFICER, "phoneNumber": phone_of("0000")}}],
        "appliedDate": _stamp(sample.applied, 8, sample),
        "acceptedDate": _stamp(sample.received, 8, sample),
        "appointmentDate": _stamp(sample.appointment, 17, sample, plain="plain_dates" in sample.shapes),
        "dueDate": _stamp(sample.appointment, 17, sample),
        "completedDate": _stamp(sample.returned or sample.finished, 15, sample),
        "updatedDate": _stamp(sample.renewed, 0, sample),
    }  # fmt: skip
    if "no_applicant" in sample.shapes:
        del item["applicant"]
    return {name: value for name, value in item.items() if value is not None}


def _person(sample: Sample, phone: bool) -> dict[str, Any]:
    number = {"phoneNumber": phone_of(sample.phone_ends)} if phone else {}
    return {
        "fullname": NAME, "ownerFullname": NAME, "identityNumber": IDENTITY, "address": ADDRESS, **number,
    }  # fmt: skip


def _procedure(sample: Sample, ident: str) -> dict[str, Any]:
    named = {"languageId": 228, "name": sample.procedure_name}
    return {
        "id": f"{ident[:8]}0000000000000002",
        "code": sample.procedure,
        "translate": named if "translate_object" in sample.shapes else [named],
        "sector": {"name": [{"languageId": 228, "name": sample.field}]},
    }


def _stamp(day: date | datetime | None, hour: int, sample: Sample, plain: bool = False) -> str | None:
    """One moment as this installation writes it: in UTC, with Viet Nam's offset, or as yyyyMMddHHmmss."""
    if day is None:
        return None
    moment = day if isinstance(day, datetime) else datetime.combine(day, time(hour), TIME_ZONE)
    if plain:
        return moment.astimezone(TIME_ZONE).strftime("%Y%m%d%H%M%S")
    offset = sample.shapes & {"hanoi_offset", "plain_dates"}
    return moment.astimezone(TIME_ZONE if offset else UTC).strftime("%Y-%m-%dT%H:%M:%S.000%z")
