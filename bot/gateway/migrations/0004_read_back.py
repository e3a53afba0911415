"""A send of unknown outcome that may still be found out."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("gateway", "0003_channels"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="outboxmessage", name="outbox_waiting"),
        migrations.AddField(model_name="outboxmessage", name="unknown_since", field=models.DateTimeField(null=True)),
        migrations.AddIndex(
            model_name="outboxmessage",
            index=models.Index(
                condition=models.Q(("state", "waiting"), ("unknown_since__isnull", False), _connector="OR"),
                fields=["conversation", "id"],
                name="outbox_open",
            ),
        ),
    ]
