"""The stand-in portal: both contracts of the city's systems on loopback, from the same invented dossiers.

It is the embedded default of ``motcua run``, so that a newcomer sees the real flow. What it takes and gives:

iGate (citizen search)
    ``POST /auth/realms/digo/protocol/openid-connect/token``, form ``grant_type=client_credentials``, Basic
    ``motcua:sample`` -> ``{access_token, expires_in, token_type}``; ``GET /pa/dossier-search/dvc?page=0&size=10
    &spec=slice&code=``, Bearer -> a slice. No fee and no supplement is among its fields. ``updatedDate`` is the time of
    the data.
NGSP
    ``POST /ngsp/auth`` ``{username: motcua, password: sample}`` -> ``{error_code: 0, session}``; ``POST /ngsp``
    ``{session, madonvi, service: TraCuuHoSo, mahoso}`` with the headers ``Charset: utf-8`` and ``dstcode`` ->
    ``{error_code: "00", result: [...]}``. ``NgayBoSung`` is the day of the request; the last day to answer it, for
    which the contract has no field, stands at the end of ``NoiDungBoSung`` ("Hạn bổ sung: 04/12/2026").
Faults
    header ``X-Fault: <name>`` for one request, or for all: ``POST /_faults`` ``{"fault": "500"}`` (null switches it
    off). They strike the search; ``auth:<name>`` strikes the call for a token instead. The names: ``faults.NAMES``.
Switches
    also by ``POST /_faults``: ``latency_ms``, ``token_seconds``, ``phone`` (false: iGate's reply has no phone, which is
    all that is confirmed). ``POST /_move`` ``{code, status}`` or ``{codes, status}`` moves dossiers along,
    ``POST /_reset`` undoes everything.

Every reply carries ``X-Sample-Data``. Besides the dossiers of ``dossiers.yml`` every code ``H19.99-YYMMDD-NNNNNN``
whose day is not in the future has one, made from the code alone: for measuring.
"""
