"""Django's name for the gateway's tables."""

from __future__ import annotations

from django.apps import AppConfig


class GatewayConfig(AppConfig):
    name = "bot.gateway"
    label = "gateway"
