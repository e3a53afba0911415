"""A stand-in for the national portal's catalogue API: paths, envelope, paging and faults, nothing real behind them.

By hand: ``python -m tests.catalogue.portal_stand_in 8099`` serves some invented procedures; ask it with
``MOTCUA_CATALOGUE_URL=http://127.0.0.1:8099 motcua procedures refresh``.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LIST = "/api/v1/submitting/formality/list-all-public-formality-by-citizen"
DETAIL = "/api/v1/configuring/formality/get-formality-by-citizen"
VIET_NAM_MIDNIGHT = 1_774_458_000_000
"""26/3/2026 00:00 in Viet Nam, which is 25/3/2026 17:00 UTC."""

Json = dict[str, Any]
Fault = Callable[["Answering"], None]


def uuid_of(number: int) -> str:
    return f"019d0000-0000-7000-8000-{number:012d}"


def procedure(number: int, code: str = "", **changes: Any) -> Json:
    """One procedure in full, with every field that the portal's replies of 2026 hold; people and papers invented."""
    code = code or f"1.9{number:05d}"
    content = {
        "id": uuid_of(number),
        "code": code,
        "codeNotation": code,
        "name": f"Thủ tục mẫu số {number}",
        "executionSteps": [{"name": "Bước 1", "description": "Nộp hồ sơ tại quầy."}],
        "executionMethods": [method("DIRECT"), method("ONLINE")],
        "executionCases": [{"name": "", "profileComponents": [paper("Tờ khai mẫu", "mau.docx"), paper("Giấy cũ")]}],
        "formalityTargetType": [],
        "formalityType": "NOT_ASSIGNED_REGULATION",
        "state": "ACTIVE",
        "isInternal": False,
        "type": "STANDARD",
        "isWard": True,
        "isProvince": False,
        "isMinistry": False,
        "isOtherAgency": False,
        "isVertical": False,
        "isFullProcess": False,
        "categoriesDetails": [{"id": uuid_of(900), "name": "Hộ tịch", "code": "G00-XX01"}],
        "unitGroupsExecuting": [{"id": uuid_of(901), "name": "Ủy ban nhân dân cấp xã"}],
        "departmentsExecuting": [],
        "resultsDetails": [{"id": uuid_of(902), "name": "Giấy mẫu", "code": "KQ.G00.000001"}],
        "legalBasisesDetails": [{"id": uuid_of(903), "name": "Luật Mẫu", "code": "1/2026/QH15 "}],
        "subjectTypesDetails": [{"id": uuid_of(904), "name": "Công dân Việt Nam", "code": "ĐT1"}],
        "departmentPromulgateId": uuid_of(905),
        "departmentPromulgateCode": "G00",
        "departmentPromulgateName": "Bộ Mẫu",
        "cases": [{"name": "", "code": f"{code}.01", "processingDay": {"qty": 3, "type": "WORKING_DAY"}}],
        "fees": [],
        "createdAt": VIET_NAM_MIDNIGHT,
        "updatedAt": VIET_NAM_MIDNIGHT,
        "executingAgencies": "",
        "requirementsAndConditions": "",
        "procedureProposal": {"proposalNumber": "1/QĐ-MAU", "decisionDate": VIET_NAM_MIDNIGHT, "decisionNumber": None},
    }
    return content | changes


def method(way: str, days: float | str = 3, unit: str = "WORKING_DAY", fees: Sequence[Json] = ()) -> Json:
    return {
        "submissionMethod": way,
        "processingTime": days,
        "processingTimeUnit": unit,
        "description": "",
        "fees": list(fees),
    }


def fee(value: int, note: str = "", currency: str = "Việt Nam Đồng") -> Json:
    return {"type": "FEE", "value": value, "currencyId": "", "currencyName": currency, "description": note}


def paper(name: str, form: str = "") -> Json:
    attachments = [{"id": uuid_of(906), "fileName": form}] if form else []
    return {"name": name, "code": "x", "originalQty": 1, "copyQty": 0, "required": False, "attachments": attachments}


def decided(number: str) -> Json:
    return {"proposalNumber": number, "decisionDate": VIET_NAM_MIDNIGHT, "decisionNumber": None}


class StandIn:
    """The portal with these procedures. ``asked``: moment, path and body of every request.

    ``faults``: what goes wrong with the next requests to a path, one each; the last one repeats if it ``stays``.
    ``reshape_item`` and ``reshape_detail`` change what is sent; ``unlisted`` and ``ungiven`` codes are missing there,
    ``breaking`` ones are answered with an error.
    """

    def __init__(
        self, procedures: Sequence[Json], page_size: int = 4, clock: Callable[[], float] = time.monotonic, port: int = 0
    ) -> None:
        self.procedures = list(procedures)
        self.page_size = page_size
        self.asked: list[tuple[float, str, Json]] = []
        self.faults: dict[str, list[Fault]] = {LIST: [], DETAIL: []}
        self.stays = False
        self.unlisted: set[str] = set()
        self.ungiven: set[str] = set()
        self.breaking: set[str] = set()
        self.repeats_page = self.skips_page = 0
        self.newest_first = False
        self.reshape_item: Callable[[Json], Any] = lambda item: item
        self.reshape_detail: Callable[[Json], Any] = lambda detail: detail
        self.clock = clock
        self._server = ThreadingHTTPServer(("127.0.0.1", port), type("Bound", (Answering,), {"portal": self}))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> StandIn:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def fails(self, path: str, *faults: Fault, stays: bool = False) -> None:
        self.faults[path] = list(faults)
        self.stays = stays

    def fault(self, path: str) -> Fault | None:
        waiting = self.faults.get(path)
        if not waiting:
            return None
        return waiting[0] if self.stays and len(waiting) == 1 else waiting.pop(0)

    def details_asked(self) -> list[str]:
        """The codes asked for in full, in their order."""
        codes = {found["id"]: found["code"] for found in self.procedures}
        return [codes.get(body.get("id", ""), "?") for _, path, body in self.asked if path == DETAIL]

    def page(self, body: Json) -> Json:
        """A page after ``lastId``, as the portal turns them: until an empty one. In which order is not known."""
        size = min(int(body["limit"]), self.page_size)
        listed = [p for p in self.procedures if p["code"] not in self.unlisted]
        listed.sort(key=lambda p: str(p["id"]), reverse=self.newest_first)
        begin = next((n for n, p in enumerate(listed, 1) if p["id"] == body["lastId"]), 0)
        page = begin // size + 1
        if page == self.repeats_page:
            begin -= size
        if page == self.skips_page:
            begin += size
        found = listed[begin : begin + size]
        return {
            "items": [self.reshape_item(_item(p)) for p in found],
            "lastId": found[-1]["id"] if found else body["lastId"],
            "total": len(listed),
        }


def _item(found: Json) -> Json:
    return {
        "id": found["id"],
        "code": found["code"],
        "codeNotation": found["code"],
        "name": found["name"],
        "categories": ["Hộ tịch"],
        "departments": ["Ủy ban nhân dân cấp xã"],
        "departmentPromulgate": found["departmentPromulgateName"],
        "formalityTargetType": [],
        "state": found["state"],
        "type": found["type"],
    }


class Answering(BaseHTTPRequestHandler):
    """One connection."""

    portal: StandIn
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one go: no waiting for the other side's acknowledgement

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.portal.asked.append((self.portal.clock(), self.path, body))
        if fault := self.portal.fault(self.path):
            fault(self)
        elif self.path == LIST:
            self.send_json(201, {"code": "OK", "data": self.portal.page(body)})
        elif self.path == DETAIL:
            self._detail(body["id"])
        else:
            self.send_json(404, {"code": "NOT_FOUND"})

    def _detail(self, uuid: str) -> None:
        found = next((p for p in self.portal.procedures if p["id"] == uuid), None)
        if found is None or found["code"] in self.portal.ungiven:
            self.send_json(400, {"code": "FORMALITY_NOT_FOUND", "message": "không tìm thấy"})
        elif found["code"] in self.portal.breaking:
            broken(self)
        else:
            self.send_json(201, {"code": "OK", "data": self.portal.reshape_detail(dict(found))})

    def send_json(self, status: int, content: object) -> None:
        self.send(status, json.dumps(content, ensure_ascii=False).encode(), "application/json; charset=utf-8")

    def send(self, status: int, body: bytes, kind: str, claimed: int | None = None, **headers: str) -> None:
        """``claimed``: the length that the header promises."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body) if claimed is None else claimed))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)


def firewall(answering: Answering, status: int = 200) -> None:
    page = b"<html><head><title>Request Rejected</title></head><body>The requested URL was rejected.</body></html>"
    answering.send(status, page, "text/html; charset=utf-8")


def broken(answering: Answering) -> None:
    answering.send_json(500, {"code": "INTERNAL"})


def bad_gateway(answering: Answering) -> None:
    answering.send(502, b"<html>502 Bad Gateway</html>", "text/html")


def truncated(answering: Answering) -> None:
    answering.send(201, b'{"code":"OK","data":{"items":[{"id":"019d', "application/json")


def cut_off(answering: Answering) -> None:
    """The connection ends before the promised length."""
    answering.send(201, b'{"code":"OK"', "application/json", claimed=5000)
    answering.close_connection = True


def hung_up(answering: Answering) -> None:
    answering.close_connection = True


def too_many(retry_after: str) -> Fault:
    return lambda answering: answering.send(429, b"{}", "application/json", Retry_After=retry_after)


def slow(seconds: float) -> Fault:
    def answer(answering: Answering) -> None:
        time.sleep(seconds)
        answering.close_connection = True

    return answer


def dripping(seconds: float, drops: int) -> Fault:
    """A byte now and then: no pause is long, the whole is."""

    def answer(answering: Answering) -> None:
        answering.send(201, b" ", "application/json", claimed=drops)
        for _ in range(drops):
            time.sleep(seconds)
            try:
                answering.wfile.write(b" ")
                answering.wfile.flush()
            except OSError:  # the client had enough
                break
        answering.close_connection = True

    return answer


def saying(content: object, status: int = 201) -> Fault:
    return lambda answering: answering.send_json(status, content)


if __name__ == "__main__":
    with StandIn([procedure(number) for number in range(1, 31)], page_size=10, port=int(sys.argv[1])) as stand_in:
        stand_in._thread.join()
