"""Django's settings: made from the environment, with a key of one's own."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
import yaml

from bot.gateway import config
from bot.settings import HOME, SettingError


def test_the_signing_key_is_made_once_and_readable_to_us_only(tmp_path: Path) -> None:
    file = tmp_path / "var" / "secret_key"
    key = config._secret_key(file)
    assert len(key) > 50
    assert config._secret_key(file) == key
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [f.name for f in file.parent.iterdir()] == ["secret_key"]


def test_a_key_in_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTCUA_SECRET_KEY", "given")
    assert config._secret_key(tmp_path / "secret_key") == "given"
    assert not (tmp_path / "secret_key").exists()


def test_every_part_of_the_database_address_is_kept() -> None:
    made = config._database("postgresql://an:x%40y@db.example:6000/motcua?sslmode=require")
    assert [made[k] for k in ("USER", "PASSWORD", "HOST", "PORT", "NAME")] == [
        "an", "x@y", "db.example", "6000", "motcua",
    ]  # fmt: skip
    assert made["OPTIONS"]["sslmode"] == "require"


def test_an_address_that_is_none_is_named_without_its_password() -> None:
    with pytest.raises(SettingError, match="DATABASE_URL") as failure:
        config._database("postgresql://an:geheim@[x")
    assert "geheim" not in str(failure.value)


def test_the_database_waits_longer_for_a_turn_than_rasa_may_take() -> None:
    options = config._database("postgresql:///x")["OPTIONS"]["options"]
    idle = int(options.split("idle_in_transaction_session_timeout=")[1].split()[0])
    assert idle > config._known.rasa_timeout_seconds * 1000


def test_every_sentence_of_the_gateway_is_there_and_kind() -> None:
    sentences = yaml.safe_load((HOME / "nlu_data/responses/gateway.yml").read_text())["responses"]
    needed = {"utter_part_failed", "utter_too_fast", "utter_bad_request", "utter_bad_button", "utter_too_large"}
    assert needed | {"utter_unavailable"} <= sentences.keys()
    assert all(variants[0]["text"].startswith("Dạ,") for variants in sentences.values())
