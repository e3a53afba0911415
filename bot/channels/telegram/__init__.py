"""Telegram on python-telegram-bot: updates in, messages out, polling for a laptop, and a stand-in of the Bot API."""
