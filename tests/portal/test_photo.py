"""The photo of a receipt: only dossier codes leave it, bombs are refused before they go off, nothing is written."""

from __future__ import annotations

import builtins
import io
import logging
import struct
import sys
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bot.portal.photo import FORMATS, MOST_BYTES, MOST_PIXELS, PhotoOutcome, PhotoReading, read_receipt
from tests.examples import examples

CODE = "H19.12-261105-0007"
QR, BAR = zxingcpp.BarcodeFormat.QRCode, zxingcpp.BarcodeFormat.Code128
OPENED: list[tuple[str, str]] = []
WATCHING = [False]


def watch(event: str, arguments: tuple[Any, ...]) -> None:
    if WATCHING[0] and event == "open":
        OPENED.append((str(arguments[0]), str(arguments[1])))


sys.addaudithook(watch)


@pytest.fixture
def opened() -> Iterator[list[tuple[str, str]]]:
    """Every file that Python opens from here on, with its mode."""
    OPENED.clear()
    WATCHING[0] = True
    yield OPENED
    WATCHING[0] = False


def drawn(text: str, kind: zxingcpp.BarcodeFormat = QR, scale: int = 6) -> Image.Image:
    barcode = zxingcpp.create_barcode(text, kind)
    return Image.fromarray(barcode.to_image(scale=scale, add_quiet_zones=True))


def saved(picture: Image.Image, file_format: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, file_format, **options)
    return file.getvalue()


def png(width: int, height: int, pixels: bytes = b"\0" * 1000) -> bytes:
    """A PNG whose header names any size, however little stands behind it."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("kind", [QR, BAR])
def test_a_code_is_read_from_a_picture(file_format: str, kind: zxingcpp.BarcodeFormat) -> None:
    reading = read_receipt(saved(drawn(CODE, kind).convert("RGB"), file_format))
    assert reading == PhotoReading(PhotoOutcome.CODES, (CODE,))


@pytest.mark.parametrize("turned", [0, 90, 180, 7])
def test_a_code_is_read_from_a_photo_taken_by_hand(turned: int) -> None:
    paper = Image.new("RGB", (1200, 1600), "white")
    paper.paste(drawn(CODE), (700, 120))
    photo = saved(paper.rotate(turned, expand=True, fillcolor="grey"), "JPEG", quality=50)
    assert read_receipt(photo).codes == (CODE,)


def test_only_the_code_leaves_whatever_else_stands_in_the_barcode() -> None:
    text = f"https://dichvucong.gov.vn/?ma={CODE.lower()}&ten=NGUYEN VAN MAU&dt=0900000000"
    assert read_receipt(saved(drawn(text))) == PhotoReading(PhotoOutcome.CODES, (CODE,))


def test_several_codes_on_one_paper_are_all_read_each_once() -> None:
    paper = Image.new("L", (1200, 500), 255)
    for place, text in enumerate((CODE, "G22.99-251225-020175", CODE)):
        paper.paste(drawn(text, scale=5), (20 + 380 * place, 40))
    reading = read_receipt(saved(paper))
    assert sorted(reading.codes) == ["G22.99-251225-020175", CODE]


def test_the_barcode_of_an_identity_card_is_refused_and_nothing_of_it_leaves() -> None:
    card = "012345678901||NGUYEN VAN MAU|01011990|Nam|Khu pho Mau, phuong Mau|01012021"
    assert read_receipt(saved(drawn(card))) == PhotoReading(PhotoOutcome.IDENTITY)


@pytest.mark.parametrize("text", ["012345678901", "0901234567", "xin chao", "https://example.com"])
def test_another_barcode_gives_no_code(text: str) -> None:
    assert read_receipt(saved(drawn(text))) == PhotoReading(PhotoOutcome.NO_CODE)


def test_a_picture_without_a_barcode_gives_no_code() -> None:
    assert read_receipt(saved(Image.new("RGB", (400, 300), "white"), "JPEG")).outcome is PhotoOutcome.NO_CODE


@pytest.mark.parametrize(
    "image",
    [
        b"",
        b"xin chao",
        b"%PDF-1.7",
        b"GIF89a" + b"\0" * 100,
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"RIFF\0\0\0\0WEBP",
    ],
)
def test_what_is_no_picture_is_told_so(image: bytes) -> None:
    assert read_receipt(image) == PhotoReading(PhotoOutcome.NOT_AN_IMAGE)


def test_a_picture_of_another_kind_is_not_opened() -> None:
    assert read_receipt(saved(drawn(CODE), "BMP")).outcome is PhotoOutcome.NOT_AN_IMAGE


def test_a_picture_that_breaks_off_is_told_so() -> None:
    whole = saved(drawn(CODE).convert("RGB"), "JPEG")
    assert read_receipt(whole[: len(whole) // 2]).outcome is PhotoOutcome.NOT_AN_IMAGE


def test_more_than_ten_megabytes_are_refused_unopened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "open", lambda *_, **__: pytest.fail("opened"))
    assert read_receipt(b"\0" * (MOST_BYTES + 1)).outcome is PhotoOutcome.TOO_LARGE


@pytest.mark.parametrize("size", [(5001, 5000), (10_000, 10_000), (60_000, 60_000), (1, MOST_PIXELS + 1)])
def test_a_bomb_is_refused_before_a_pixel_is_decoded(size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = png(*size)
    assert len(bomb) < 1000
    monkeypatch.setattr(Image.Image, "convert", lambda *_, **__: pytest.fail("decoded"))
    assert read_receipt(bomb).outcome is PhotoOutcome.TOO_LARGE


def test_a_picture_of_the_largest_size_allowed_is_still_read() -> None:
    assert read_receipt(png(5000, 5000, b"\0" * (5000 * 3 + 1) * 5000)).outcome is PhotoOutcome.NO_CODE


def test_the_image_is_written_nowhere_and_logged_nowhere(
    opened: list[tuple[str, str]], caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        read_receipt(saved(drawn(CODE)))
    WATCHING[0] = False
    assert [(name, mode) for name, mode in opened if set(mode) & set("wax+")] == []
    assert CODE not in caplog.text
    assert capsys.readouterr() == ("", "")


def test_the_watch_over_files_sees_one_that_is_written(opened: list[tuple[str, str]], tmp_path: Any) -> None:
    with builtins.open(tmp_path / "written", "wb"):
        pass
    assert any("w" in mode for _, mode in opened)


@given(st.binary(max_size=2000))
def test_any_bytes_give_a_reading(soup: bytes) -> None:
    assert read_receipt(soup).codes == ()


PICTURES = [saved(drawn(CODE).convert("RGB"), file_format) for file_format in FORMATS]
CHANGES = st.lists(st.tuples(st.integers(0, 10**6), st.binary(min_size=1, max_size=8)), min_size=1, max_size=8)


@settings(max_examples=examples(300), deadline=None)
@given(st.sampled_from(PICTURES), CHANGES)
def test_a_picture_damaged_anywhere_gives_a_reading(picture: bytes, changes: list[tuple[int, bytes]]) -> None:
    damaged = bytearray(picture)
    for place, written in changes:
        damaged[place % len(damaged) : place % len(damaged) + len(written)] = written
    reading = read_receipt(bytes(damaged))
    assert set(reading.codes) <= {CODE}
    assert (reading.outcome is PhotoOutcome.CODES) == bool(reading.codes)
