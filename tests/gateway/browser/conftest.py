"""The real page on a real server in a real browser; only Rasa is the faithful fake."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from bot import settings
from bot.gateway.pool import Pool
from tests.gateway.fake_rasa import FakeRasa
from tests.gateway.services import wait_until

CHROMIUM = shutil.which("chromium") or ""
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Closed with its module: Playwright's event loop would stop ``asyncio.run`` in the tests of other rooms."""
    assert CHROMIUM, "Chromium is missing: apt-get install chromium"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield started
        started.close()


@pytest.fixture
def site(rasa: FakeRasa, pool: Pool, database_url: str, var: Path) -> Iterator[str]:
    """The web process as the service starts it; its address."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    environment = {
        **os.environ, "DATABASE_URL": database_url, "MOTCUA_VAR": str(var), "MOTCUA_RASA_URL": rasa.url,
        "MOTCUA_WEB_URL": address,
    }  # fmt: skip
    command = [
        sys.executable, "-W", "ignore", "-m", "gunicorn", "bot.gateway.wsgi:application", "--bind", f"127.0.0.1:{port}",
        "--worker-class", "gthread", "--threads", "8",
    ]  # fmt: skip
    process = subprocess.Popen(
        command, cwd=settings.HOME, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )

    def answers() -> bool:
        try:
            return requests.get(f"{address}/healthz", timeout=2).ok
        except requests.RequestException:
            return False

    wait_until(answers)
    yield address
    process.terminate()
    process.wait(20)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A phone of 360 by 740."""
    opened = browser.new_context(viewport={"width": 360, "height": 740}, locale="vi-VN")
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext, site: str) -> Page:
    opened = context.new_page()
    opened.set_default_timeout(10_000)
    opened.goto(site)
    return opened
