from django.db import migrations, models

APPEND_ONLY = """
    CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'the audit is append-only'; END $$;
    CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON gateway_auditentry
        FOR EACH ROW EXECUTE FUNCTION audit_is_append_only();
    CREATE TRIGGER audit_never_emptied BEFORE TRUNCATE ON gateway_auditentry
        FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();"""
EDITABLE = """
    DROP TRIGGER audit_append_only ON gateway_auditentry;
    DROP TRIGGER audit_never_emptied ON gateway_auditentry;
    DROP FUNCTION audit_is_append_only();"""


class Migration(migrations.Migration):
    dependencies = [
        ("gateway", "0002_following"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(auto_now_add=True)),
                ("who", models.CharField(max_length=150)),
                ("action", models.CharField(max_length=40)),
                ("subject", models.CharField(blank=True, max_length=200)),
                ("detail", models.JSONField(default=dict)),
            ],
        ),
        migrations.CreateModel(
            name="ChannelSwitch",
            fields=[
                ("channel", models.CharField(max_length=16, primary_key=True, serialize=False)),
                ("off_since", models.DateTimeField(null=True)),
                ("text", models.TextField(blank=True)),
            ],
        ),
        migrations.CreateModel(
            name="ConsentProof",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("person", models.CharField(db_index=True, max_length=64)),
                ("purpose", models.CharField(max_length=16)),
                ("agreed", models.BooleanField()),
                ("text_version", models.CharField(max_length=20)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="ZaloToken",
            fields=[
                ("oa_id", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("access_token", models.TextField()),
                ("refresh_token", models.TextField()),
                ("expires_at", models.DateTimeField()),
                ("renewed_at", models.DateTimeField()),
                ("alarm", models.CharField(blank=True, max_length=60)),
            ],
        ),
        migrations.AddField(
            model_name="conversation",
            name="memory",
            field=models.CharField(
                blank=True,
                choices=[("", "unasked"), ("agreed", "Agreed"), ("refused", "Refused")],
                default="",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="conversation",
            name="noticed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="conversation",
            name="unreachable_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="inboxmessage",
            name="deliveries",
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.AddField(
            model_name="inboxmessage",
            name="kind",
            field=models.CharField(default="text", max_length=8),
        ),
        migrations.AddField(
            model_name="inboxmessage",
            name="media",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="outboxmessage",
            name="platform_id",
            field=models.CharField(blank=True, max_length=250),
        ),
        migrations.AddField(
            model_name="outboxmessage",
            name="sent_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.RunSQL(APPEND_ONLY, EDITABLE),
    ]
