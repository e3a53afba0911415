"""``motcua zalo login`` and ``status``: who may speak for the Official Account, and whether they still may."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from getpass import getpass
from typing import TYPE_CHECKING, Annotated
from urllib.parse import parse_qs, urlsplit

import typer

from bot import settings
from bot.channels.zalo.api import Refused, ZaloApi
from bot.channels.zalo.calls import NotSent, Unanswered
from bot.channels.zalo.oauth import TokenFailure, TokenPair, TokenRefused, ZaloOAuth
from bot.cli.stack import StackError
from bot.settings import TIME_ZONE, ZaloSettings

if TYPE_CHECKING:  # it needs Django, which needs the database's address first
    from bot.gateway.zalo_tokens import ZaloTokens

EXPLORER_SECONDS = 3600.0
"""Nobody knows how old a pair from the API Explorer is; so it is renewed soon."""
NEEDED = {"app_id": "APP_ID", "app_secret": "APP_SECRET", "oa_id": "OA_ID"}
WHY = {
    -14002: "ứng dụng chưa được kích hoạt, hoặc người bấm không phải quản trị viên",
    -14003: "địa chỉ quay về chưa được lưu trong trang quản lý của Zalo",
    -14020: "mã đã dùng rồi hoặc quá 10 phút",
}


def login(
    tokens: Annotated[
        bool, typer.Option("--tokens", help="Paste a pair of tokens from Zalo's API Explorer instead.")
    ] = False,
) -> None:
    """Sign in for the Official Account: open a link, paste what comes back. Nothing secret is an argument."""
    known = _set_up("redirect_url" if not tokens else "")
    pair = _pasted_pair() if tokens else _exchanged(known)
    with _stored(known) as stored:
        stored.store(pair)
    typer.echo("Đã lưu cặp token mới.")
    raise typer.Exit(0 if _show_account(known, pair.access) else 1)


def status() -> None:
    """Show the account, and until when the token is good. Exit 1: somebody must sign in."""
    known = _set_up()
    with _stored(known):
        from bot.gateway.models import ZaloToken

        row = ZaloToken.objects.filter(pk=known.oa_id).first()
    if row is None:
        typer.echo("Chưa đăng nhập. Chạy: motcua zalo login")
        raise typer.Exit(1)
    typer.echo(f"Token dùng được đến {row.expires_at.astimezone(TIME_ZONE):%H:%M %d/%m/%Y}.")
    if row.alarm:
        typer.echo(f"Zalo không gia hạn nữa ({row.alarm}). Chạy: motcua zalo login")
    raise typer.Exit(0 if _show_account(known, row.access_token) and not row.alarm else 1)


def _set_up(*also: str) -> ZaloSettings:
    """The settings. Raises StackError where one that is needed is missing."""
    known = settings.load().zalo
    needed = NEEDED | {"redirect_url": "REDIRECT"}
    missing = [needed[name] for name in (*NEEDED, *filter(None, also)) if not getattr(known, name)]
    if missing:
        raise StackError("set " + ", ".join(f"MOTCUA_ZALO_{name}" for name in missing) + " first")
    return known


def _exchanged(known: ZaloSettings) -> TokenPair:
    """The pair for a code. Raises StackError."""
    oauth, state = ZaloOAuth(known), secrets.token_urlsafe(16)
    verifier = oauth.new_verifier()
    typer.echo("1. Mở đường dẫn này bằng tài khoản quản trị của Official Account, rồi bấm đồng ý:\n")
    typer.echo(f"   {oauth.authorise_url(state, verifier)}\n")
    typer.echo("2. Chép nguyên địa chỉ của trang hiện ra sau đó, dán vào đây trong 10 phút:")
    code = code_of(_secret(), state, known.oa_id)
    try:
        return oauth.exchange(code, verifier)
    except TokenRefused as refusal:
        raise StackError(f"Zalo từ chối: {WHY.get(refusal.code, refusal)}") from None
    except TokenFailure as failure:
        raise StackError(f"Zalo không trả lời rõ ràng ({failure}); chạy lại và lấy mã mới") from None


def code_of(pasted: str, state: str, oa_id: str) -> str:
    """The code in a pasted address, or the pasted code itself. Raises StackError where it is not for us."""
    parts = parse_qs(urlsplit(pasted).query) if "?" in pasted else {"code": [pasted]}
    code = parts.get("code", [""])[0]
    if not code:
        raise StackError("không thấy mã trong địa chỉ vừa dán; địa chỉ phải có chữ code=")
    if parts.get("state", [state])[0] != state:
        raise StackError("địa chỉ này của một lần đăng nhập khác; mở lại đường dẫn mới")
    if parts.get("oa_id", [oa_id])[0] != oa_id:
        raise StackError("người bấm đã đồng ý cho một Official Account khác với MOTCUA_ZALO_OA_ID")
    return code


def _pasted_pair() -> TokenPair:
    typer.echo("Dán access token:")
    access = _secret()
    typer.echo("Dán refresh token:")
    refresh = _secret()
    if not access or not refresh:
        raise StackError("cần cả hai token")
    return TokenPair(access, refresh, EXPLORER_SECONDS)


def _secret() -> str:
    """A line that is not shown while somebody types or pastes it."""
    return (getpass("> ") if sys.stdin.isatty() else sys.stdin.readline()).strip()


@contextmanager
def _stored(known: ZaloSettings) -> Iterator[ZaloTokens]:
    """The store of tokens, in the database of the stack. Raises DatabaseError."""
    from bot.gateway import database

    with database.opened(settings.load()) as url:
        os.environ["DATABASE_URL"] = url
        database.migrate()
        from django.db import connections

        from bot.gateway.messengers import zalo_tokens

        try:
            yield zalo_tokens(known)
        finally:
            connections.close_all()


def _show_account(known: ZaloSettings, token: str) -> bool:
    """What Zalo says about the account; False where it does not take the token."""
    try:
        account = ZaloApi(known).get_oa(token)
    except (Refused, NotSent, Unanswered) as failure:
        typer.echo(f"Zalo chưa cho xem tài khoản ({failure}).")
        return False
    verified = "đã xác thực" if account.get("is_verified") else "chưa xác thực"
    typer.echo(f"Tài khoản: {account.get('name', '?')} ({verified}), gói {account.get('package_name', '?')}")
    return True
