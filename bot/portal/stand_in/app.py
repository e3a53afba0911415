"""The stand-in portal as a WSGI application: two contracts, the page, and the doors for tests."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any
from urllib.parse import quote

from bot import settings
from bot.portal.stand_in import faults, igate, moves, ngsp, page
from bot.portal.stand_in.register import Register
from bot.portal.stand_in.samples import Sample
from bot.portal.stand_in.tickets import Tickets
from bot.portal.stand_in.wire import (
    Environ,
    Refused,
    Reply,
    Request,
    StartResponse,
    html_reply,
    json_reply,
    see_other,
)

LOOPBACK = {"127.0.0.1", "localhost", "[::1]"}
Handler = Callable[[Request], Reply]


class StandIn:
    """Answers requests from the register. ``sleep`` takes seconds; tests give one that does not wait."""

    def __init__(self, register: Register, sleep: faults.Sleep = time.sleep) -> None:
        self.register, self.sleep = register, sleep
        self.tokens, self.sessions = Tickets(), Tickets()
        self._contracts: dict[tuple[str, str], Callable[[Request, str | None], Reply]] = {
            ("POST", igate.TOKEN_PATH): self._igate_token,
            ("GET", igate.SEARCH_PATH): self._igate_search,
            ("POST", ngsp.AUTH_PATH): self._ngsp_session,
            ("POST", ngsp.SEARCH_PATH): self._ngsp_search,
        }
        self._doors: dict[tuple[str, str], Handler] = {
            ("GET", "/"): self._list,
            ("POST", "/"): self._switch_by_form,
            ("GET", "/_faults"): lambda request: json_reply(self.register.switches.dict()),
            ("POST", "/_faults"): lambda request: json_reply(self.register.switch(request.json()).dict()),
            ("POST", "/_move"): self._move_by_json,
            ("POST", "/_reset"): self._reset,
            ("GET", "/dang-nhap"): lambda request: html_reply("<!DOCTYPE html><html><body>Đăng nhập</body></html>"),
        }
        self._paths = {path for _, path in (*self._contracts, *self._doors)}

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        try:
            reply = self._answer(Request.of(environ))
        except Refused as refused:
            reply = json_reply({"error": refused.problem, "error_code": "-1"}, refused.status)
        except ValueError as error:
            reply = json_reply({"error": str(error)}, 400)
        except KeyError as error:
            reply = json_reply({"error": f"no dossier {error}"}, 404)
        return reply.send(start_response)

    def _answer(self, request: Request) -> Reply:
        contract = self._contracts.get((request.method, request.path))
        if contract:
            return self._contract(contract, request)
        self._check_door(request)
        if request.path.startswith(page.DOSSIER_PATH):
            return self._dossier(request, request.path.removeprefix(page.DOSSIER_PATH))
        door = self._doors.get((request.method, request.path))
        if door:
            return door(request)
        raise Refused(405 if request.path in self._paths else 404, "no such address")

    # The contracts, each behind the fault that is switched on

    def _contract(self, answer: Callable[[Request, str | None], Reply], request: Request) -> Reply:
        fault = self._fault(request)
        in_front = faults.in_front(fault, self.sleep)
        if in_front:
            return in_front
        latency = self.register.switches.latency_ms / 1000
        return faults.on_the_way(answer(request, fault), fault, latency, self.sleep)

    def _fault(self, request: Request) -> str | None:
        """The fault that strikes this request, without its prefix. Raises Refused for a name there is none of."""
        name = request.header.get("x-fault") or self.register.switches.fault
        if not name:
            return None
        if name not in faults.NAMES:
            raise Refused(400, f"no fault {name[:40]!r}; there are: {', '.join(faults.NAMES)}")
        for_auth = request.path in (igate.TOKEN_PATH, ngsp.AUTH_PATH)
        return name.removeprefix(faults.AUTH) if name.startswith(faults.AUTH) == for_auth else None

    def _igate_token(self, request: Request, fault: str | None) -> Reply:
        igate.check_client(request)
        if fault == "401":
            raise Refused(401, "invalid_client")
        seconds = self.register.switches.token_seconds
        return igate.token_reply(self.tokens.issue(seconds), seconds, fault)

    def _igate_search(self, request: Request, fault: str | None) -> Reply:
        self._check_ticket(self.tokens, igate.bearer(request), fault)
        code, number, size = igate.asked_for(request)
        sample = faults.disturbed(self.register.find(code), fault)
        return igate.slice_reply(sample, number, size, self.register.switches.phone, fault)

    def _ngsp_session(self, request: Request, fault: str | None) -> Reply:
        ngsp.check_user(request)
        if fault == "401":
            raise Refused(401, "username or password")
        return ngsp.session_reply(self.sessions.issue(self.register.switches.token_seconds), fault)

    def _ngsp_search(self, request: Request, fault: str | None) -> Reply:
        asked = ngsp.asked_for(request)
        self._check_ticket(self.sessions, asked["session"], fault)
        return ngsp.search_reply(faults.disturbed(self.register.find(asked["mahoso"]), fault), fault)

    @staticmethod
    def _check_ticket(tickets: Tickets, ticket: str, fault: str | None) -> None:
        refused = fault == "401_twice" or (fault == "401" and tickets.refuse_once(ticket))
        if refused or not tickets.holds(ticket):
            raise Refused(401, "invalid_token")

    # The page, and the doors for tests

    @staticmethod
    def _check_door(request: Request) -> None:
        """The page is for this machine: another site may neither read it under its own name nor post to it."""
        host = request.header.get("host", "").rpartition(":")[0] or request.header.get("host", "")
        if host not in LOOPBACK:
            raise Refused(403, "only by 127.0.0.1 or localhost")
        if request.method == "POST" and request.header.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            raise Refused(403, "only from the page itself")

    def _list(self, request: Request) -> Reply:
        code = request.value("code").strip()
        if code:
            return see_other(page.DOSSIER_PATH + quote(code))
        return html_reply(page.dossiers(self.register.all(), self.register.switches, settings.today()))

    def _switch_by_form(self, request: Request) -> Reply:
        form = request.form()
        if form.get("do") == "reset":
            self.register.reset()
        else:
            names = {"fault", "latency_ms", "token_seconds"} & form.keys()
            self.register.switch({**{name: form[name] for name in names}, "phone": "phone" in form})
        return see_other("/")

    def _reset(self, request: Request) -> Reply:
        self.register.reset()
        return json_reply({"reset": True})

    def _move_by_json(self, request: Request) -> Reply:
        content = request.json()
        codes, status = content.get("codes", [content.get("code")]), content.get("status")
        if not isinstance(codes, list) or not isinstance(status, int):
            raise Refused(400, 'expected {"code": "…", "status": 9}, or "codes": ["…"]')
        moved = self.register.change(map(str, codes), lambda sample: moves.to_status(sample, status, settings.now()))
        return json_reply({"moved": len(moved)})

    def _dossier(self, request: Request, code: str) -> Reply:
        sample = self.register.find(code)
        if sample is None:
            return html_reply(page.missing(code), 404)
        if request.method == "GET":
            return html_reply(page.dossier(sample, self.register.switches, settings.today()))
        if request.method != "POST":
            raise Refused(405, "GET or POST")
        form = request.form()
        try:
            self.register.change([code], lambda kept: _moved(kept, form))
        except ValueError as error:
            problem = page.in_words(error)
            return html_reply(page.dossier(sample, self.register.switches, settings.today(), problem), 400)
        return see_other(page.DOSSIER_PATH + quote(code))


def _moved(sample: Sample, form: dict[str, str]) -> Sample:
    """The dossier after one press of a button. Raises ValueError, whose text may be a sentence for the page."""
    done: dict[str, Callable[[], Sample]] = {
        "next": lambda: moves.to_status(sample, moves.NEXT.get(sample.status, sample.status), settings.now()),
        "status": lambda: moves.to_status(sample, int(form.get("status", "")), settings.now()),
        "due": lambda: moves.set_due(sample, _day(form, "due"), settings.now()),
        "supplement": lambda: moves.ask_supplement(
            sample, form.get("text", ""), _day(form, "until"), _day(form, "new_due"), settings.now()
        ),
    }
    if form.get("do") not in done:
        raise ValueError("Không rõ cần làm gì với hồ sơ này.")
    return done[form["do"]]()


def _day(form: dict[str, Any], name: str) -> date | None:
    raw = form.get(name, "")
    try:
        return date.fromisoformat(raw) if raw else None
    except ValueError:
        raise ValueError("Ngày chưa đúng. Ghi như 2026-12-04.") from None
