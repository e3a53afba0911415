"""The web process's entry."""

from __future__ import annotations

from bot.gateway.database import set_up_django

set_up_django()

from django.core.wsgi import get_wsgi_application  # noqa: E402  # Django must be set up first

application = get_wsgi_application()
