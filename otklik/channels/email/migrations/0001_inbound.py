"""Mail that came in: the store, the IMAP progress, what mails said of themselves."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("core", "0001_foundation"),
        ("tickets", "0002_directories"),
    ]

    operations = [
        migrations.CreateModel(
            name="Inbound",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("dedupe", models.CharField(max_length=64)),
                (
                    "source",
                    models.CharField(
                        choices=[("smtp", "SMTP"), ("imap", "IMAP"), ("pipe", "Pipe"), ("file", "File")], max_length=8
                    ),
                ),
                ("received_at", models.DateTimeField()),
                ("envelope", models.JSONField(default=dict)),
                ("size", models.PositiveBigIntegerField()),
                ("copies", models.PositiveIntegerField(default=0)),
                ("mail_id", models.CharField(blank=True, max_length=400)),
                ("in_reply_to", models.CharField(blank=True, max_length=400)),
                ("from_address", models.CharField(blank=True, max_length=320)),
                ("from_name", models.CharField(blank=True, max_length=200)),
                ("subject", models.CharField(blank=True, max_length=300)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "In work"),
                            ("ticket", "New request"),
                            ("message", "Into a request"),
                            ("ignored", "Ignored"),
                            ("quarantined", "Quarantine"),
                            ("failed", "Error"),
                        ],
                        default="waiting",
                        max_length=12,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=40)),
                ("steps", models.JSONField(default=list)),
                ("finished_at", models.DateTimeField(null=True)),
                ("run_at", models.DateTimeField()),
                ("worker", models.CharField(blank=True, max_length=80)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("last_error", models.CharField(blank=True, max_length=60)),
                (
                    "blob",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.blob"),
                ),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tickets.channel"
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="tickets.message"
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="tickets.ticket"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ImapMessage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("folder", models.CharField(max_length=255)),
                ("uidvalidity", models.BigIntegerField()),
                ("uid", models.BigIntegerField()),
                ("state", models.CharField(max_length=8)),
                ("size", models.PositiveBigIntegerField(default=0)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("seen_at", models.DateTimeField()),
                ("after_done", models.BooleanField(default=False)),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tickets.channel"
                    ),
                ),
                (
                    "inbound",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="email.inbound"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="EmailFact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("mail_id", models.CharField(blank=True, max_length=400)),
                ("in_reply_to", models.CharField(blank=True, max_length=400)),
                ("references", models.JSONField(default=list)),
                ("sender", models.JSONField(default=dict)),
                ("reply_to", models.JSONField(default=list)),
                ("to", models.JSONField(default=list)),
                ("cc", models.JSONField(default=list)),
                ("auto_reply", models.BooleanField(default=False)),
                ("is_list", models.BooleanField(default=False)),
                ("bounce", models.JSONField(null=True)),
                (
                    "sender_state",
                    models.CharField(
                        choices=[
                            ("verified", "Sender verified"),
                            ("failed", "Sender check failed"),
                            ("unchecked", "Sender not checked"),
                        ],
                        default="unchecked",
                        max_length=12,
                    ),
                ),
                ("auth", models.JSONField(default=dict)),
                ("headers", models.JSONField(default=dict)),
                ("problems", models.JSONField(default=list)),
                ("sent_at", models.DateTimeField(null=True)),
                (
                    "message",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="email_fact", to="tickets.message"
                    ),
                ),
                (
                    "inbound",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="email.inbound"
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="inbound",
            index=models.Index(condition=models.Q(("state", "waiting")), fields=["run_at", "id"], name="mail_waiting"),
        ),
        migrations.AddIndex(
            model_name="inbound",
            index=models.Index(fields=["state", "-id"], name="mail_by_state"),
        ),
        migrations.AddIndex(
            model_name="inbound",
            index=models.Index(fields=["channel", "mail_id"], name="mail_by_message_id"),
        ),
        migrations.AddIndex(
            model_name="inbound",
            index=models.Index(fields=["channel", "in_reply_to"], name="mail_by_in_reply_to"),
        ),
        migrations.AddIndex(
            model_name="inbound",
            index=models.Index(fields=["from_address", "received_at"], name="mail_by_sender"),
        ),
        migrations.AddIndex(
            model_name="inbound",
            index=models.Index(fields=["received_at", "state", "copies"], name="mail_by_time"),
        ),
        migrations.AddIndex(
            model_name="inbound",
            index=models.Index(
                condition=models.Q(("state", "quarantined")), fields=["ticket", "id"], name="mail_held_on_ticket"
            ),
        ),
        migrations.AddConstraint(
            model_name="inbound",
            constraint=models.UniqueConstraint(fields=("channel", "dedupe"), name="one_mail_once_per_channel"),
        ),
        migrations.AddConstraint(
            model_name="imapmessage",
            constraint=models.UniqueConstraint(
                fields=("channel", "folder", "uidvalidity", "uid"), name="one_row_per_imap_message"
            ),
        ),
    ]
