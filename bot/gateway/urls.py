"""The web's addresses."""

from __future__ import annotations

from django.urls import path, re_path

from bot.gateway import web, webhooks
from bot.gateway.metrics import metrics, timed
from bot.gateway.readiness import readyz

urlpatterns = [
    path("", web.page),
    path("api/messages", web.messages),
    path("api/photo", web.photo),
    path("api/feedback", web.feedback),
    path("healthz", web.healthz),
    path("readyz", readyz),
    path("metrics", metrics),
    path("webhooks/zalo", timed("zalo", webhooks.zalo)),
    path("webhooks/telegram", timed("telegram", webhooks.telegram)),
    re_path(r"^zalo_verifier(?P<code>[\w-]{1,100})\.html$", webhooks.zalo_verifier),
]
