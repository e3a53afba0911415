"""Background work at its hours, by procrastinate: what is kept no longer is forgotten.

Times are UTC, as procrastinate reads them: 19:30 is 2:30 at night in Viet Nam. Of several of these processes one does
a job; a job missed while none ran is done when one starts.
"""

from __future__ import annotations

import asyncio

from bot import settings
from bot.gateway import database

database.set_up_django()

from procrastinate import JobContext  # noqa: E402  # Django must be set up first
from procrastinate.contrib.django import app  # noqa: E402
from procrastinate.contrib.django.django_connector import DjangoConnector  # noqa: E402

from bot.gateway import retention  # noqa: E402
from bot.gateway.models import Conversation  # noqa: E402

NIGHTLY, EVERY_TEN_MINUTES = "30 19 * * *", "*/10 * * * *"
STOP_SECONDS = 20.0


@app.periodic(cron=NIGHTLY)
@app.task(name="forget_old")
def forget_old(timestamp: int) -> None:
    retention.forget_old()


@app.periodic(cron=EVERY_TEN_MINUTES)
@app.task(name="forget_unremembered")
def forget_unremembered(timestamp: int) -> None:
    retention.forget_unremembered()


@app.periodic(cron=EVERY_TEN_MINUTES)
@app.task(name="do_again", pass_context=True)
async def do_again(context: JobContext, timestamp: int) -> None:
    """Jobs whose process was killed."""
    for job in await app.job_manager.get_stalled_jobs():
        await app.job_manager.retry_job(job)


async def _run() -> None:
    async with app.open_async():
        await app.run_worker_async(delete_jobs="always", shutdown_graceful_timeout=STOP_SECONDS)


def main() -> None:
    """The jobs process."""
    database.ensure(settings.load())
    Conversation.objects.exists()  # fails here, once and clearly, where the tables are missing
    with app.replace_connector(DjangoConnector().get_worker_connector()):
        asyncio.run(_run())


if __name__ == "__main__":
    main()
