"""Photos and voice messages are fetched from Zalo's own hosts, small enough, soon enough, or not at all."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.base import MediaError
from bot.channels.zalo.calls import Answer, Calls
from bot.channels.zalo.media import ZaloMedia
from bot.channels.zalo.stand_in.doors import Doors
from bot.portal.deadline import Deadline
from tests.channels.zalo.zalo_sending import Held, channel_for
from tests.channels.zalo.zalo_standing_in import USER
from tests.portal.scripted_portal import ScriptedPortal, dripping, page, raw, saying, silent, took

MOST = 100_000
HERE = ("127.0.0.1",)


class Noted(Calls):
    """Asks nobody; remembers where it would have."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def ask(
        self, method: str, url: str, *, most_bytes: int = 0, deadline: Deadline | None = None, **_: object
    ) -> Answer:
        self.asked.append(url)
        return Answer(200, {}, b"photo")


@pytest.fixture
def cdn() -> Iterator[ScriptedPortal]:
    with ScriptedPortal() as scripted:
        yield scripted


def fetched_from(address: str) -> list[str]:
    noted = Noted()
    assert ZaloMedia(("zdn.vn", ".zadn.vn"), noted).fetch(address, MOST) == b"photo"
    return noted.asked


def test_a_citizens_photo(zalo_stand_in: Doors) -> None:
    photo = b"\xff\xd8\xff\xe0" + b"\1" * 500
    zalo_stand_in.upload(USER, photo)
    (sent,) = zalo_stand_in.webhooks(USER, event="user_send_image")
    address = sent.body.split('"url":')[1].split('"')[1]
    assert channel_for(zalo_stand_in.address, Held()).fetch(address, MOST) == photo


@pytest.mark.parametrize(
    "address",
    [
        "https://zdn.vn/a.jpg",
        "http://photo.zdn.vn/a.jpg?x=1#y",
        "http://voice-aac-dl.ZADN.vn:80/a.aac",
        "https://a.b.zadn.vn:443/",
    ],
)
def test_zalos_hosts_are_asked_by_https_alone(address: str) -> None:
    (asked,) = fetched_from(address)
    assert asked.startswith("https://")
    assert asked.split("/")[2] in {"zdn.vn", "photo.zdn.vn", "voice-aac-dl.zadn.vn", "a.b.zadn.vn"}
    assert "#" not in asked


@pytest.mark.parametrize(
    "address",
    [
        "", "zdn.vn/a.jpg", "ftp://zdn.vn/a", "file:///etc/passwd", "https:///a", "https://evilzdn.vn/a",
        "https://zdn.vn.evil.example/a", "https://evil.example/?zdn.vn", "https://evil.example#.zdn.vn",
        "https://zdn.vn@evil.example/a", "https://a:b@zdn.vn/a", "https://evil.example\\.zdn.vn/a",
        "https://zdn.vn:8443/a", "https://zdn.vn:99999/a", "https://[::1/a", "https://zdn.vn/a b", "https://zdn.vn/ạ",
        "http://127.0.0.1/a", "http://localhost/a", "http://169.254.169.254/latest", "https://zdn.vn/" + "a" * 3000,
    ],
    ids=str.__len__,
)  # fmt: skip
def test_other_addresses_are_not_asked(address: str) -> None:
    noted = Noted()
    with pytest.raises(MediaError):
        ZaloMedia(("zdn.vn", "zadn.vn"), noted).fetch(address, MOST)
    assert noted.asked == []


@given(st.text(max_size=60).map(lambda end: f"https://{end}") | st.text(max_size=60))
def test_any_address_is_refused_or_one_of_zalos(address: str) -> None:
    noted = Noted()
    try:
        ZaloMedia(("zdn.vn",), noted).fetch(address, MOST)
    except MediaError:
        assert noted.asked == []


def test_no_host_of_this_machine_but_one_that_is_named(cdn: ScriptedPortal) -> None:
    cdn.says("/a.jpg", saying("photo"))
    assert ZaloMedia(HERE).fetch(f"{cdn.url}/a.jpg", MOST) == b'"photo"'
    with pytest.raises(MediaError, match=r"^host$"):
        ZaloMedia(HERE).fetch(f"{cdn.url}/a.jpg".replace("127.0.0.1", "localhost"), MOST)


def test_a_redirect_is_followed_to_allowed_hosts_only(cdn: ScriptedPortal) -> None:
    cdn.says("/a.jpg", saying("photo"))
    cdn.says("/moved.jpg", saying({}, 302, Location="/a.jpg"))
    assert ZaloMedia(HERE).fetch(f"{cdn.url}/moved.jpg", MOST) == b'"photo"'
    for target in (
        "https://evil.example/a",
        "file:///etc/passwd",
        cdn.url.replace("127.0.0.1", "localhost") + "/a.jpg",
    ):
        cdn.asked.clear()
        cdn.says("/moved.jpg", saying({}, 302, Location=target))
        with pytest.raises(MediaError):
            ZaloMedia(HERE).fetch(f"{cdn.url}/moved.jpg", MOST)
        assert cdn.paths() == ["/moved.jpg"]


def test_a_circle_of_redirects_ends(cdn: ScriptedPortal) -> None:
    cdn.says("/round.jpg", saying({}, 302, Location="/round.jpg"))
    with pytest.raises(MediaError, match="too_many_redirects"):
        ZaloMedia(HERE).fetch(f"{cdn.url}/round.jpg", MOST)


def test_what_is_missing_or_broken_is_a_media_error(zalo_stand_in: Doors, cdn: ScriptedPortal) -> None:
    with pytest.raises(MediaError, match="http_404"):
        channel_for(zalo_stand_in.address, Held()).fetch(f"{zalo_stand_in.address}/cdn/missing.jpg", MOST)
    whole = b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf"
    for answer in (page("", 500), page("", 200), raw(whole), raw(b""), silent(1)):
        cdn.says("/a.jpg", answer)
        with pytest.raises(MediaError):
            ZaloMedia(HERE, Calls(1.0, 0.3)).fetch(f"{cdn.url}/a.jpg", MOST)


def test_the_size_is_kept_while_reading(zalo_stand_in: Doors) -> None:
    media = ZaloMedia(HERE)
    tracemalloc.start()
    with pytest.raises(MediaError, match="TooLong"):
        media.fetch(f"{zalo_stand_in.address}/cdn/huge.jpg", 2_000_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 12_000_000


def test_exactly_as_many_bytes_as_allowed_are_taken(cdn: ScriptedPortal) -> None:
    cdn.says("/a.jpg", saying("x" * 98))
    assert len(ZaloMedia(HERE).fetch(f"{cdn.url}/a.jpg", 100)) == 100
    with pytest.raises(MediaError):
        ZaloMedia(HERE).fetch(f"{cdn.url}/a.jpg", 99)


def test_the_time_is_kept_whole_though_no_pause_is_long(cdn: ScriptedPortal) -> None:
    cdn.says("/slow.jpg", dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + b"x" * 500))
    media = ZaloMedia(HERE, seconds=0.4)

    def fetch() -> None:
        with pytest.raises(MediaError):
            media.fetch(f"{cdn.url}/slow.jpg", MOST)

    assert took(fetch) < 1.5
