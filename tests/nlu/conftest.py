"""The trained model, loaded once for all the tests that hear with it."""

from __future__ import annotations

import os
from typing import Any

import pytest

from bot.cli import training


@pytest.fixture(scope="session")
def agent() -> Any:
    """The trained model, loaded as the server loads it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "environ", training.rasa_environment())
        from rasa.core.agent import Agent

        return Agent.load(training.train())
