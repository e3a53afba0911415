"""A stand-in of Telegram's Bot API on loopback: no account, no phone, invented people, a page that looks like a phone.

The API, as strict as Telegram's
    ``/bot<token>/<method>`` with parameters in the address, a form, a multipart form or JSON; files under
    ``/file/bot<token>/``. Methods: ``methods.Methods``. Any other token is refused. HTML is the one ``parse_mode``.
    An http webhook, or one on any port, is taken on this machine only, and no other machine is ever called.
Updates
    polled, or told to the webhook: those of one chat one after the other, those of several chats side by side; on any
    answer but 2xx told again after 1, 2, 4 … 60 seconds.
Doors for tests, as JSON (``doors.Doors`` is their client)
    ``POST /_write /_press /_send /_block /_group /_bulk /_reset``, ``GET /_messages /_received /_calls /_counts``,
    ``GET`` and ``POST /_switches``: faults, flood control, duplicates, shuffling (``switches.Switches``).
"""
