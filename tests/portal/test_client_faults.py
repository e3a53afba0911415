"""Whatever a portal does, a look-up ends in time with an outcome; nothing is raised, nothing is called a success."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.portal.client import Client
from bot.portal.deadline import Deadline, _addresses
from bot.portal.dossier import Outcome
from bot.portal.pace import Breaker, Failure, Pace
from bot.portal.transport import content_of
from tests.examples import examples
from tests.portal.scripted_portal import (
    CODE,
    FACTOR,
    NGSP,
    SEARCH,
    SESSION,
    TOKEN,
    Answer,
    ScriptedPortal,
    dripping,
    found_by_ngsp,
    igate_item,
    ngsp_item,
    page,
    raw,
    saying,
    silent,
    slice_of,
    took,
)

REJECTED = "<html><head><title>Request Rejected</title></head><body>The requested URL was rejected.</body></html>"
CAPTCHA = "<!DOCTYPE html><body><form>Nhập mã <img src='/captcha.png'><input name='captcha'></form></body>"
OK = json.dumps({**slice_of(igate_item()), **found_by_ngsp(ngsp_item())}).encode()
ELSEWHERE = "/elsewhere"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.fixture
def portal() -> Iterator[ScriptedPortal]:
    with ScriptedPortal() as scripted:
        yield scripted


@pytest.fixture(params=["igate", "ngsp"])
def asking(request: pytest.FixtureRequest, portal: ScriptedPortal) -> tuple[str, str, Callable[..., Client]]:
    """Where the adapter searches, where it gets its token, and how it is made."""
    if request.param == "igate":
        return SEARCH, TOKEN, portal.igate
    return NGSP, SESSION, portal.ngsp


def bomb(size: int) -> Answer:
    body = gzip.compress(b" " * size + OK)
    head = HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body)
    return raw(head + body)


FAULTS: dict[str, tuple[Answer, Outcome, int]] = {
    "500": (saying({"error": "x"}, 500), Outcome.UPSTREAM_DOWN, 1),
    "503": (saying({"error": "x"}, 503), Outcome.UPSTREAM_DOWN, 1),
    "502 once more": (saying({"error": "x"}, 502), Outcome.UPSTREAM_DOWN, 2),
    "502 as a page": (page("<html>502 Bad Gateway</html>", 502), Outcome.UPSTREAM_DOWN, 2),
    "400": (saying({"error": "x"}, 400), Outcome.UPSTREAM_DOWN, 1),
    "403": (saying({"error": "x"}, 403), Outcome.AUTH_EXPIRED, 1),
    "404": (saying({"error": "x"}, 404), Outcome.NOT_FOUND, 1),
    "404 as a page": (page("<html>nginx</html>", 404), Outcome.UPSTREAM_DOWN, 1),
    "a page": (page("<html>Bảo trì</html>"), Outcome.UPSTREAM_DOWN, 1),
    "a page called JSON": (raw(HEAD + b"Content-Length: 6\r\n\r\n<html>"), Outcome.UPSTREAM_DOWN, 1),
    "a firewall": (page(REJECTED), Outcome.UPSTREAM_DOWN, 1),
    "a captcha": (page(CAPTCHA), Outcome.CAPTCHA_REQUIRED, 1),
    "a captcha under 403": (page(CAPTCHA, 403), Outcome.CAPTCHA_REQUIRED, 1),
    "a captcha as JSON": (saying({"captchaRequired": True, "content": []}), Outcome.CAPTCHA_REQUIRED, 1),
    "another address": (saying({}, 302, Location=ELSEWHERE), Outcome.UPSTREAM_DOWN, 1),
    "no type": (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"), Outcome.UPSTREAM_DOWN, 1),
    "nothing": (raw(HEAD + b"Content-Length: 0\r\n\r\n"), Outcome.UPSTREAM_DOWN, 1),
    "204": (raw(b"HTTP/1.1 204 No Content\r\n\r\n"), Outcome.UPSTREAM_DOWN, 1),
    "cut JSON": (raw(HEAD + b'Content-Length: 12\r\n\r\n{"content":['), Outcome.UPSTREAM_DOWN, 1),
    "cut off": (raw(HEAD + b"Content-Length: 5000\r\n\r\n" + OK), Outcome.UPSTREAM_DOWN, 1),
    "hung up": (raw(b""), Outcome.UPSTREAM_DOWN, 1),
    "no HTTP": (raw(b"SSH-2.0-OpenSSH\r\n"), Outcome.UPSTREAM_DOWN, 1),
    "no length": (raw(HEAD + b"Content-Length: x\r\n\r\n{}"), Outcome.UPSTREAM_DOWN, 1),
    "no gzip": (raw(HEAD + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"), Outcome.UPSTREAM_DOWN, 1),
    "NaN": (raw(HEAD + b"Content-Length: 3\r\n\r\nNaN"), Outcome.UPSTREAM_DOWN, 1),
    "a text": (saying("ok"), Outcome.UPSTREAM_DOWN, 1),
    "a list": (saying([1]), Outcome.UPSTREAM_DOWN, 1),
    "no fields": (saying({}), Outcome.UPSTREAM_DOWN, 1),
    "wrong types": (
        saying({"content": [{"code": [CODE]}], "error_code": "00", "result": [{"MaHoSo": [CODE]}]}),
        Outcome.UPSTREAM_DOWN,
        1,
    ),
    "no objects": (saying({"content": [None], "error_code": "00", "result": 7}), Outcome.UPSTREAM_DOWN, 1),
    "nested": (raw(HEAD + b"Content-Length: 100000\r\n\r\n" + b"[" * 100_000), Outcome.UPSTREAM_DOWN, 1),
    "2 MB": (raw(HEAD + b"Content-Length: 2000000\r\n\r\n" + OK.ljust(2_000_000)), Outcome.UPSTREAM_DOWN, 1),
    "64 MB in a bomb": (bomb(64_000_000), Outcome.UPSTREAM_DOWN, 1),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_an_outcome(
    portal: ScriptedPortal, asking: tuple[str, str, Callable[..., Client]], fault: str
) -> None:
    answer, outcome, times = FAULTS[fault]
    search, _, client = asking
    portal.says(search, answer)
    portal.says(ELSEWHERE, saying(json.loads(OK)))
    looked_up = client().lookup(CODE, FACTOR)
    assert (looked_up.outcome, looked_up.dossier) == (outcome, None)
    assert len(portal.searches()) == times


def test_a_502_that_passes_is_got_over(portal: ScriptedPortal, asking: tuple[str, str, Callable[..., Client]]) -> None:
    search, token, client = asking
    portal.says(search, saying({}, 502), saying(json.loads(OK)))
    portal.says(token, saying({}, 502), *portal.answers[token])
    assert client().lookup(CODE, FACTOR).outcome is Outcome.FOUND


@pytest.mark.parametrize(
    "answer",
    [silent(60), dripping(HEAD + b"Content-Length: %d\r\n\r\n" % len(OK) + OK), dripping(b"HTTP/1.1 200 OK\r\n" * 999)],
    ids=["silence", "drip", "drip of headers"],
)
@pytest.mark.parametrize("where", [0, 1], ids=["search", "token"])
def test_silence_and_drips_end_with_the_deadline(
    portal: ScriptedPortal, asking: tuple[str, str, Callable[..., Client]], answer: Answer, where: int
) -> None:
    portal.says(asking[where], answer)
    client = asking[2](seconds=0.2)
    assert took(lambda: _expect(client, Outcome.UPSTREAM_DOWN)) < 0.8


def test_a_timeout_is_tried_once_more_in_the_time_that_is_left(portal: ScriptedPortal) -> None:
    portal.says(SEARCH, silent(60), saying(slice_of(igate_item())))
    client = portal.igate(seconds=0.3)
    client._total = 2.0
    assert client.lookup(CODE, FACTOR).outcome is Outcome.FOUND
    assert len(portal.searches()) == 2


def test_nobody_at_the_address_is_an_outcome_at_once() -> None:
    portal = ScriptedPortal()
    portal._server.server_close()
    for client in (portal.igate(), portal.ngsp()):
        assert took(lambda client=client: _expect(client, Outcome.UPSTREAM_DOWN)) < 1  # type: ignore[misc]


@pytest.mark.parametrize("url", ["http://no-such-host.invalid", "http://[::1", "http://a..b", "http://127.0.0.1:99999"])
def test_an_address_that_is_none_is_an_outcome(url: str) -> None:
    portal = ScriptedPortal()
    portal._server.server_close()
    portal.url = url
    _expect(portal.igate(), Outcome.UPSTREAM_DOWN)


def test_a_silent_name_server_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    silence = threading.Event()

    def resolve(*_: object, **__: object) -> list[object]:
        silence.wait(10)
        return []

    monkeypatch.setattr("socket.getaddrinfo", resolve)
    with pytest.raises(TimeoutError):
        _addresses("portal.example", 443, 0.05)
    silence.set()


def test_a_connection_is_kept_for_the_next_look_up(portal: ScriptedPortal) -> None:
    portal.says(SEARCH, saying(slice_of(igate_item())))
    connections = []
    accept = portal._server.process_request
    portal._server.process_request = lambda *a: (connections.append(1), accept(*a))[1]  # type: ignore[assignment]
    client = portal.igate()
    for _ in range(5):
        _expect(client, Outcome.FOUND)
    assert len(connections) == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("30", 30), ("0", 1), ("soon", 60), ("", 60), ("-5", 1), ("9" * 400, 60), ("99999999", 86400)],
)
def test_a_portal_that_has_enough_says_for_how_long_and_is_left_alone(
    portal: ScriptedPortal, asking: tuple[str, str, Callable[..., Client]], header: str, seconds: int
) -> None:
    portal.says(asking[0], saying({}, 429, Retry_After=header))
    client = asking[2]()
    looked_up = client.lookup(CODE, FACTOR)
    assert (looked_up.outcome, looked_up.retry_after_seconds) == (Outcome.RATE_LIMITED, seconds)
    again = client.lookup(CODE, FACTOR)
    assert again.outcome is Outcome.RATE_LIMITED
    assert (again.retry_after_seconds or 0) <= 3600
    assert len(portal.searches()) == 1


def test_no_cookie_ties_one_look_up_to_the_next(portal: ScriptedPortal) -> None:
    portal.says(SEARCH, saying(slice_of(igate_item()), Set_Cookie="seen=1; Path=/"))
    client = portal.igate()
    for _ in range(2):
        _expect(client, Outcome.FOUND)
    assert not any("cookie" in asked.headers for asked in portal.asked)


def test_a_portal_that_is_down_is_left_alone_and_tried_again_by_one(portal: ScriptedPortal) -> None:
    time = [0.0]
    portal.says(SEARCH, saying({}, 500))
    client = portal.igate(breaker=Breaker(3, 30, lambda: time[0]))
    for _ in range(10):
        _expect(client, Outcome.UPSTREAM_DOWN)
    assert len(portal.searches()) == 3
    time[0] = 31
    for _ in range(3):
        _expect(client, Outcome.UPSTREAM_DOWN)
    assert len(portal.searches()) == 4
    portal.says(SEARCH, saying(slice_of(igate_item())))
    time[0] = 62
    for _ in range(3):
        _expect(client, Outcome.FOUND)


def test_staff_hear_of_a_refused_access_and_of_a_lasting_failure_once(
    portal: ScriptedPortal, caplog: pytest.LogCaptureFixture
) -> None:
    portal.says(SEARCH, saying({}, 401))
    client = portal.igate(breaker=Breaker(2, 30))
    for _ in range(9):
        _expect(client, Outcome.AUTH_EXPIRED)
    errors = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert errors == [
        "igate H19.001-…0001: HTTP 401",
        "left alone for 30 s: 2 failures in a row (HTTP 401)",
        "igate H19.001-…0001: HTTP 401",
    ]
    assert len(caplog.records) == 3


def test_a_refused_access_and_a_captcha_open_the_breaker_under_their_own_name(portal: ScriptedPortal) -> None:
    for answer, outcome in ((saying({}, 401), Outcome.AUTH_EXPIRED), (page(CAPTCHA), Outcome.CAPTCHA_REQUIRED)):
        portal.asked.clear()
        portal.says(SEARCH, answer)
        client = portal.igate(breaker=Breaker(2, 30))
        for _ in range(5):
            _expect(client, outcome)
        assert portal.paths().count(SEARCH) <= 4


def test_one_broken_dossier_does_not_shut_the_portal_for_all(portal: ScriptedPortal) -> None:
    portal.says(SEARCH, saying(slice_of({"code": 7})))
    client = portal.igate(breaker=Breaker(2, 30))
    for _ in range(6):
        _expect(client, Outcome.UPSTREAM_DOWN)
    assert len(portal.searches()) == 6


def test_only_one_tries_whether_the_portal_is_back() -> None:
    time = [0.0]
    breaker = Breaker(1, 10, lambda: time[0])
    with pytest.raises(Failure), breaker.watching():
        raise Failure(Outcome.UPSTREAM_DOWN, "down")
    time[0] = 11
    with breaker.watching(), pytest.raises(Failure), breaker.watching():
        pytest.fail("a second one was let through")
    with breaker.watching():
        pass


def test_requests_are_spaced_evenly_for_all_threads_together() -> None:
    pace, begun = Pace(50), []
    lock = threading.Lock()

    def work() -> None:
        for _ in range(5):
            pace.wait(10)
            with lock:
                begun.append(1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    seconds = took(lambda: [[t.start() for t in threads], [t.join() for t in threads]])
    assert len(begun) == 20
    assert seconds >= 19 / 50


def test_a_wait_that_is_too_long_is_refused_with_its_length() -> None:
    pace = Pace(0.1, clock=lambda: 0.0, sleep=lambda _: None)
    pace.wait(2)
    with pytest.raises(Failure) as failure:
        pace.wait(2)
    assert (failure.value.outcome, failure.value.retry_after_seconds) == (Outcome.RATE_LIMITED, 10)


def test_our_own_limit_is_an_outcome_and_no_rest(portal: ScriptedPortal) -> None:
    portal.says(SEARCH, saying(slice_of(igate_item())))
    client = portal.igate()
    client._adapter._transport._pace = Pace(0.2)  # type: ignore[attr-defined]
    _expect(client, Outcome.RATE_LIMITED)  # the token took the only place
    client._adapter._transport._pace = Pace(1000)  # type: ignore[attr-defined]
    _expect(client, Outcome.FOUND)


def test_a_deadline_knows_what_is_left() -> None:
    time = [0.0]
    deadline = Deadline(8, lambda: time[0])
    time[0] = 5.0
    assert deadline.left() == 3
    time[0] = 9.0
    assert deadline.left() == 0


@given(
    st.sampled_from([200, 201, 204, 301, 401, 403, 404, 418, 429, 500, 502]),
    st.sampled_from(["application/json", "text/html", "", "\x00"]),
    st.binary(max_size=60) | st.sampled_from([b"{}", b"[]", b'{"captcha":1}', b"<html>captcha"]),
    st.text(max_size=12),
)
def test_any_reply_is_json_or_a_failure(status: int, kind: str, body: bytes, header: str) -> None:
    failure = _failure_of(status, {"Content-Type": kind, "Retry-After": header}, body)
    if failure is None:
        assert 200 <= status < 300
    else:
        assert failure.outcome not in (Outcome.FOUND, Outcome.NEED_VERIFY)
        assert (failure.outcome is not Outcome.RATE_LIMITED) or 1 <= (failure.retry_after_seconds or 0) <= 86_400


def _failure_of(status: int, headers: dict[str, str], body: bytes) -> Failure | None:
    try:
        content_of(status, headers, body)
    except Failure as failure:
        return failure
    return None


@settings(max_examples=examples(60), deadline=None)
@given(st.binary(max_size=200), st.sampled_from([b"", HEAD, HEAD + b"\r\n", b"HTTP/1.1 200 OK\r\n"]))
def test_any_bytes_on_the_wire_are_an_outcome(wire: bytes, head: bytes) -> None:
    with ScriptedPortal() as portal:
        portal.says(SEARCH, raw(head + wire))
        assert portal.igate(seconds=2).lookup(CODE, FACTOR).outcome is not Outcome.FOUND


def _expect(client: Client, outcome: Outcome) -> None:
    assert client.lookup(CODE, FACTOR).outcome is outcome
