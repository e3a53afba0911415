"""The web's addresses."""

from __future__ import annotations

from django.urls import path

from bot.gateway import web

urlpatterns = [
    path("", web.page),
    path("api/messages", web.messages),
    path("api/photo", web.photo),
    path("api/feedback", web.feedback),
    path("healthz", web.healthz),
]
