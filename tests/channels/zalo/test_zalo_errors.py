"""Every error that Zalo lists has its remedy, and none of them says more to a log than its name."""

from __future__ import annotations

import re

import pytest

from bot.channels.base import Outcome
from bot.channels.zalo.errors import OA, TEMPLATE, WINDOW_CLOSED, ZBS, Remedy, meaning_of

LISTED = (
    "-32 -100 -200 -201 -204 -205 -209 -210 -211 -212 -213 -214 -216 -217 -218 -219 -220 -221 -223 -224 -227 -230 -232 "
    "-233 -234 -235 -240 -242 -244 -248 -249 -320 -321 -403 -124"
)
LISTED_FOR_TEMPLATES = (
    "-124 -108 -109 -1121 -1122 -1123 -1124 -115 -117 -131 -133 -135 -136 -137 -138 -139 -140 -141 -144 -147 -1441 "
    "-1471 -1472"
)


@pytest.mark.parametrize("code", [int(code) for code in LISTED.split()])
def test_every_code_of_the_account_is_known(code: int) -> None:
    assert code in OA


@pytest.mark.parametrize("code", [int(code) for code in LISTED_FOR_TEMPLATES.split()])
def test_every_code_of_templates_is_known(code: int) -> None:
    assert code in ZBS
    assert code in TEMPLATE


@pytest.mark.parametrize("code", [-216, -220, -124, 401])
def test_a_token_is_renewed(code: int) -> None:
    assert meaning_of(code).remedy is Remedy.REFRESH_TOKEN


@pytest.mark.parametrize("code", [-213, -217, -227, -244])
def test_whoever_cannot_be_reached_is_left_alone_and_nobody_is_alarmed(code: int) -> None:
    delivery = meaning_of(code).delivery()
    assert (delivery.outcome, delivery.unreachable, delivery.alarm) == (Outcome.GIVE_UP, True, False)


@pytest.mark.parametrize("code", [-230, -232])
def test_a_closed_window_is_called_as_the_gateway_calls_it(code: int) -> None:
    delivery = meaning_of(code).delivery()
    assert (delivery.outcome, delivery.error_class) == (Outcome.GIVE_UP, WINDOW_CLOSED)


@pytest.mark.parametrize("code", [-204, -205, -209, -212, -219, -221, -223, -224, -235, -240, -242, -248, -320, -321])
def test_what_only_a_person_can_mend_is_told_to_staff(code: int) -> None:
    delivery = meaning_of(code).delivery()
    assert (delivery.outcome, delivery.alarm, delivery.unreachable) == (Outcome.GIVE_UP, True, False)


@pytest.mark.parametrize(("code", "seconds"), [(-32, 60), (-211, 600), (-234, 3600), (429, 60), (-200, None)])
def test_limits_are_waited_for(code: int, seconds: float | None) -> None:
    delivery = meaning_of(code).delivery()
    assert (delivery.outcome, delivery.retry_after_seconds) == (Outcome.RETRY, seconds)


@pytest.mark.parametrize("code", [-233, -201])
def test_a_refused_shape_is_sent_once_more_as_text_and_is_for_staff_where_it_was_text(code: int) -> None:
    assert meaning_of(code).remedy is Remedy.PLAIN_TEXT
    assert meaning_of(code).delivery().alarm


def test_an_expired_attachment_is_uploaded_again() -> None:
    assert meaning_of(-100).remedy is Remedy.REUPLOAD


def test_the_same_number_means_another_thing_on_the_other_host() -> None:
    assert meaning_of(-100, ZBS).name != meaning_of(-100, OA).name
    assert meaning_of(-100, TEMPLATE) == meaning_of(-100, OA)


@pytest.mark.parametrize("code", [-9999, 1, 418])
def test_an_unknown_code_is_tried_again_and_told_to_staff(code: int) -> None:
    delivery = meaning_of(code).delivery()
    assert (delivery.outcome, delivery.alarm, delivery.error_class) == (Outcome.RETRY, True, f"code_{code}")


def test_names_are_short_and_the_same_name_is_the_same_thing() -> None:
    for table in (OA, ZBS):
        for code, meaning in table.items():
            assert re.fullmatch(r"[a-z_]{4,30}", meaning.name), code
