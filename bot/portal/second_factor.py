"""The second factor of a look-up: the last four digits of the phone on the dossier, known only as a keyed digest.

The digits are hashed where the message arrives; neither inbox, tracker, log nor this room ever holds them. The salt is
the conversation's key, so that the same digits look different in every conversation.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from dataclasses import dataclass, field

PURPOSE = b"motcua: second factor of a dossier"
FOUR_DIGITS = re.compile(r"[0-9]{4}")
BETWEEN_PHONES = re.compile(r"[;,/|]")
INSIDE_A_PHONE = re.compile(r"[\s.()\-+]")
PHONE = re.compile(r"[0-9]{9,15}")


class NotFourDigits(ValueError):
    """What should be the last four digits of a phone is something else; the text itself is not repeated."""


def key_of(secret: str) -> bytes:
    """The key of the digests, made from the installation's secret (``settings.secret_key``)."""
    return hmac.new(secret.encode(), PURPOSE, hashlib.sha256).digest()


@dataclass(frozen=True)
class SecondFactor:
    """HMAC-SHA256 of ``salt:digits`` as hex. Only who holds the key can compare it."""

    digest: str = field(repr=False)
    salt: str = field(repr=False)

    @classmethod
    def of(cls, digits: str, salt: str, key: bytes) -> SecondFactor:
        """From four digits, typed in any script, blanks around and between allowed. Raises NotFourDigits."""
        plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", digits))
        if not FOUR_DIGITS.fullmatch(plain):
            raise NotFourDigits("the second factor is the last four digits of the phone on the dossier")
        return cls(_digest(plain, salt, key), salt)

    def matches(self, phone: str, key: bytes) -> bool:
        """Whether a phone of the portal's reply ends in the digits. A field with several phones: any of them.

        A field that holds no whole phone (empty, starred out) matches nothing.
        """
        matched = False
        for part in BETWEEN_PHONES.split(phone):
            plain = INSIDE_A_PHONE.sub("", part)
            if PHONE.fullmatch(plain):
                matched |= hmac.compare_digest(self.digest, _digest(plain[-4:], self.salt, key))
        return matched


def _digest(digits: str, salt: str, key: bytes) -> str:
    return hmac.new(key, f"{salt}:{digits}".encode(), hashlib.sha256).hexdigest()
