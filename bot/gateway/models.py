"""The tables of a message's way: conversation, inbox, turn, outbox, what staff must look at; and what guards them."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models


class Conversation(models.Model):
    """One person on one channel. Its row is the lock under which its messages are worked out, one after the other.

    ``memory``: what the person chose about being remembered; until they choose, they are not. ``noticed_at``: when
    they were told who runs this. ``unreachable_at``: since when the messenger says they take nothing from us.
    """

    class Memory(models.TextChoices):
        UNASKED = "", "unasked"
        AGREED = "agreed"
        REFUSED = "refused"

    channel = models.CharField(max_length=16)
    key = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)
    memory = models.CharField(max_length=8, choices=Memory.choices, blank=True, default=Memory.UNASKED)
    noticed_at = models.DateTimeField(null=True)
    unreachable_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["channel", "key"], name="one_conversation_per_person")]

    @property
    def sender(self) -> str:
        """The conversation's name in Rasa."""
        return f"{self.channel}:{self.key}"


class InboxMessage(models.Model):
    """A message accepted: kept until it is worked out. ``text`` is masked; ``payload`` is a button of ours.

    ``kind`` is one of ``bot.channels.base.Kind`` or ``inbox.TOO_FAST``; ``media``, where a photo or voice message can
    be fetched, is forgotten once it is worked out. ``deliveries``: how often the messenger told it.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        DONE = "done"

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="inbox")
    message_id = models.CharField(max_length=250)
    text = models.TextField(blank=True)
    payload = models.TextField(blank=True)
    kind = models.CharField(max_length=8, default="text")
    media = models.TextField(blank=True)
    deliveries = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(auto_now_add=True)
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["conversation", "message_id"], name="message_accepted_once")
        ]
        indexes: ClassVar = [
            models.Index(fields=["conversation", "id"], condition=models.Q(state="waiting"), name="inbox_waiting")
        ]


class Turn(models.Model):
    """The turn record of a message worked out, with what the citizen thought of it."""

    message = models.OneToOneField(InboxMessage, models.CASCADE, related_name="turn")
    status = models.CharField(max_length=20)
    procedures = models.JSONField(default=list)
    candidates = models.JSONField(default=list)
    aspects = models.JSONField(default=list)
    reason = models.CharField(max_length=30, null=True)
    confidence = models.FloatField(default=1.0)
    created_at = models.DateTimeField(auto_now_add=True)
    feedback = models.CharField(max_length=4, blank=True)
    feedback_at = models.DateTimeField(null=True)


class OutboxMessage(models.Model):
    """A reply to hand over; without a turn, news that nobody asked for just now.

    ``buttons``: list of {title, payload}; the payload never leaves the server. ``unknown_since``: since when its
    outcome is not known and may still be found out, from ``next_try_at`` on; the conversation's later messages wait.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        SENT = "sent"
        UNKNOWN = "unknown"
        FAILED = "failed"
        TEMPLATE = "template"  # the messenger's window is closed: waits for staff and an approved template

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="outbox")
    turn = models.ForeignKey(Turn, models.CASCADE, null=True, related_name="replies")
    position = models.PositiveSmallIntegerField(default=0)
    text = models.TextField()
    buttons = models.JSONField(default=list)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(auto_now_add=True)
    error = models.CharField(max_length=200, blank=True)
    platform_id = models.CharField(max_length=250, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)
    unknown_since = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["conversation", "id"],
                condition=models.Q(state="waiting") | models.Q(unknown_since__isnull=False),
                name="outbox_open",
            )
        ]


class UnansweredQuestion(models.Model):
    """A turn that staff must look at. One row a turn; the question's text is masked."""

    turn = models.OneToOneField(Turn, models.CASCADE, related_name="unanswered")
    text = models.TextField()
    status = models.CharField(max_length=20)
    created_at = models.DateTimeField(auto_now_add=True)


class FollowedDossier(models.Model):
    """A dossier that a conversation wants to hear about, and what it was told last.

    ``digest`` and ``salt`` are the second factor that was right once; ``consent_text`` is the version agreed to.
    ``wording`` and ``supplement`` are digests. ``doubted`` marks a state that is told only once it stays so.
    ``next_poll_at`` is also the lease of whoever looks it up now. Once ended, nothing is left that leads to a dossier.
    """

    class Why(models.TextChoices):
        ASKED = "asked"
        RETURNED = "returned"
        YEAR = "year"
        UNSEEN = "unseen"

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="followed")
    code = models.CharField(max_length=40)
    digest = models.CharField(max_length=64)
    salt = models.CharField(max_length=250)
    consent_text = models.CharField(max_length=20)
    consented_at = models.DateTimeField()
    status = models.PositiveSmallIntegerField()
    wording = models.CharField(max_length=32, blank=True)
    supplement = models.CharField(max_length=32, blank=True)
    due_on = models.DateField(null=True)
    as_of = models.DateTimeField(null=True)
    reminded_for = models.DateField(null=True)
    doubted = models.CharField(max_length=32, blank=True)
    returned_since = models.DateTimeField(null=True)
    last_good_at = models.DateTimeField(null=True)
    next_poll_at = models.DateTimeField()
    failures = models.PositiveSmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)
    ended_why = models.CharField(max_length=8, choices=Why.choices, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["conversation", "code"], condition=models.Q(ended_at=None), name="followed_once"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["next_poll_at"], condition=models.Q(ended_at=None), name="followed_next_poll")
        ]

    def end(self, why: Why, at: datetime) -> None:
        """Stops following and forgets the dossier; the caller saves."""
        self.ended_at, self.ended_why = at, why
        self.code = self.digest = self.salt = self.wording = self.supplement = self.doubted = ""
        self.due_on = self.as_of = self.reminded_for = None


class ZaloToken(models.Model):
    """The one valid pair of an Official Account's tokens. Its row is the lock under which it is renewed.

    ``alarm`` is why it cannot be renewed any more, empty while it can; a person must sign in again then.
    """

    oa_id = models.CharField(max_length=40, primary_key=True)
    access_token = models.TextField()
    refresh_token = models.TextField()
    expires_at = models.DateTimeField()
    renewed_at = models.DateTimeField()
    alarm = models.CharField(max_length=60, blank=True)


class ChannelSwitch(models.Model):
    """A channel that was switched off at least once. ``text`` is what citizens read while ``off_since`` is set."""

    channel = models.CharField(max_length=16, primary_key=True)
    off_since = models.DateTimeField(null=True)
    text = models.TextField(blank=True)


class AuditEntry(models.Model):
    """Who did what, and when. A trigger of the database lets nobody change or delete a row."""

    at = models.DateTimeField(auto_now_add=True)
    who = models.CharField(max_length=150)
    action = models.CharField(max_length=40)
    subject = models.CharField(max_length=200, blank=True)
    detail = models.JSONField(default=dict)


class ConsentProof(models.Model):
    """That somebody chose: ``person`` is a keyed hash of the conversation, ``text_version`` names the words they read.

    Outlives the deletion of the conversation: it proves what was allowed, and says nothing else.
    """

    person = models.CharField(max_length=64, db_index=True)
    purpose = models.CharField(max_length=16)
    agreed = models.BooleanField()
    text_version = models.CharField(max_length=20)
    at = models.DateTimeField()
