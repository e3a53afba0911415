"""The QR or barcode on the photo of a receipt, read here and now: only dossier codes leave, the image never does.

Nothing is written and nothing is logged: the bytes live as long as the caller holds them. Size and dimensions are
judged from the header, before a pixel is decoded.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO

import zxingcpp
from PIL import Image

from bot.catalogue.phrases import Phrases
from bot.language.codes import find_dossier_codes

MOST_BYTES = 10 * 1024 * 1024
MOST_PIXELS = 25_000_000
"""As many as a phone's photo has; decoded, 100 MB at most."""
FORMATS = ("JPEG", "PNG", "WEBP")
BROKEN = (OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, ArithmeticError, EOFError, struct.error)
"""What Pillow raises for a file that is broken on purpose; its own list is not closed."""
KINDS = zxingcpp.BarcodeFormat
BARCODES = zxingcpp.BarcodeFormats(
    [KINDS.QRCode, KINDS.MicroQRCode, KINDS.DataMatrix, KINDS.Aztec, KINDS.PDF417, KINDS.Code128, KINDS.Code39]
)
IDENTITY_CARD = re.compile(r"\d{12}\|")


class PhotoOutcome(StrEnum):
    """How the reading ended. Only CODES carries codes."""

    CODES = "codes"
    NO_CODE = "no_code"
    IDENTITY = "identity"
    TOO_LARGE = "too_large"
    NOT_AN_IMAGE = "not_an_image"


@dataclass(frozen=True)
class PhotoReading:
    """What may leave: the outcome, and dossier codes in their normal form, each once."""

    outcome: PhotoOutcome
    codes: tuple[str, ...] = ()


def read_receipt(image: bytes) -> PhotoReading:
    """The dossier codes on a photo. Any bytes give a reading; nothing is raised, kept or written."""
    if len(image) > MOST_BYTES:
        return PhotoReading(PhotoOutcome.TOO_LARGE)
    try:
        with Image.open(BytesIO(image), formats=FORMATS) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                return PhotoReading(PhotoOutcome.TOO_LARGE)
            grey = picture.convert("L")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return PhotoReading(PhotoOutcome.TOO_LARGE)
    except BROKEN:
        return PhotoReading(PhotoOutcome.NOT_AN_IMAGE)
    texts = [barcode.text for barcode in zxingcpp.read_barcodes(grey, formats=BARCODES)]
    codes = dict.fromkeys(found.value for text in texts for found in find_dossier_codes(text))
    if codes:
        return PhotoReading(PhotoOutcome.CODES, tuple(codes))
    identity = any(IDENTITY_CARD.match(text) for text in texts)
    return PhotoReading(PhotoOutcome.IDENTITY if identity else PhotoOutcome.NO_CODE)


def sentence(phrases: Phrases, outcome: PhotoOutcome) -> str:
    """What the citizen reads about a photo that gave no code: why, what now, and that it is gone."""
    return "\n".join([phrases.say(f"utter_dossier_photo_{outcome.value}"), phrases.say("utter_dossier_photo_gone")])
