"""The stand-in Zalo: one application, one Official Account and invented citizens on loopback, as strict as Zalo is
known to be. There is no sandbox of Zalo's, so what talks to Zalo is tried here.

Zalo's own addresses
    ``POST /v4/oa/access_token`` and the page ``GET /v4/oa/permission`` (oauth.zaloapp.com); the OA API of
    openapi.zalo.me: ``/v3.0/oa/message/cs``, ``/v3.0/oa/message/template``, ``/v2.0/oa/message`` (reactions and
    anonymous only), ``/v2.0/oa/upload/image|gif|file``, ``/v3.0/oa/user/detail``, ``/v2.0/oa/getoa``,
    ``/v3.0|v2.0/oa/quota/message``; ``/transaction`` and ``/promotion``, which are stopped. Credentials:
    ``constants.py``.
Webhooks
    Signed bytes to the address of the switch ``webhook``, which must be on this machine; 2 seconds to answer 200; then
    the ladder of retries, and at its end the address is disabled (``sender.py``).
Doors
    ``/_…``, JSON, for tests and the page (``control.py``); ``doors.py`` is a client of them. Two doors let time run
    differently: ``/_clock`` moves the clock of tokens, windows and uploads, the switch ``scale`` shortens the ladder.
Page
    ``/`` is the phone of an invented citizen.

Where sources contradict each other, a switch chooses (``switches.py``). Known to be unlike Zalo: addresses are http
and loopback; a header ``access-token`` is taken for ``access_token``, since WSGI cannot tell them apart; numbers of
refusals that no source names are ours (``-209`` for what was stopped, ``-201`` for a sixth button).
"""
