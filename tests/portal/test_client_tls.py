"""The deadline holds over TLS too, and a portal that cannot prove who it is gets no secret."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bot.portal.client import Client
from bot.portal.dossier import Outcome
from tests.portal.scripted_portal import (
    CODE,
    FACTOR,
    SEARCH,
    ScriptedPortal,
    dripping,
    igate_item,
    saying,
    silent,
    slice_of,
    took,
)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate of 127.0.0.1 that nobody but the test trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mau")])
    now = datetime.now(UTC)
    host = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(host, critical=False).add_extension(x509.BasicConstraints(True, None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    pem = serialization.Encoding.PEM
    unencrypted = serialization.NoEncryption()
    file.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, unencrypted) + made.public_bytes(pem))
    return file


@pytest.fixture
def portal(certificate: Path) -> Iterator[ScriptedPortal]:
    scripted = ScriptedPortal()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = scripted._server
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    scripted.url = scripted.url.replace("http://", "https://")
    with scripted:
        scripted.says(SEARCH, saying(slice_of(igate_item())))
        yield scripted


def trusting(client: Client, certificate: Path) -> Client:
    client._adapter._transport._session.verify = str(certificate)  # type: ignore[attr-defined]
    return client


def test_a_portal_that_is_who_it_says_answers(portal: ScriptedPortal, certificate: Path) -> None:
    client = trusting(portal.igate(), certificate)
    for _ in range(3):
        assert client.lookup(CODE, FACTOR).outcome is Outcome.FOUND


def test_a_portal_that_nobody_vouches_for_is_not_asked(portal: ScriptedPortal) -> None:
    assert portal.igate().lookup(CODE, FACTOR).outcome is Outcome.UPSTREAM_DOWN
    assert portal.asked == []


def test_a_certificate_of_another_host_is_refused(portal: ScriptedPortal, certificate: Path) -> None:
    portal.url = portal.url.replace("127.0.0.1", "localhost")
    assert trusting(portal.igate(), certificate).lookup(CODE, FACTOR).outcome is Outcome.UPSTREAM_DOWN
    assert portal.asked == []


@pytest.mark.parametrize("answer", [silent(60), dripping(b"HTTP/1.1 200 OK\r\n" * 999)], ids=["silence", "drip"])
def test_the_deadline_holds(portal: ScriptedPortal, certificate: Path, answer: object) -> None:
    portal.says(SEARCH, answer)  # type: ignore[arg-type]
    client = trusting(portal.igate(seconds=0.4), certificate)
    assert took(lambda: client.lookup(CODE, FACTOR)) < 0.9
