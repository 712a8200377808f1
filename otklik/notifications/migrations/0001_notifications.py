"""The tables of notifications, wishes, boxes, answered mails and browsers."""

import datetime
import django.db.models.deletion
import otklik.core.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """What people are told."""

    initial = True

    dependencies = [
        ("accounts", "0002_people_and_sessions"),
        ("tickets", "0009_notes_and_time"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Wishes",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("chosen", models.JSONField(default=dict)),
                ("quiet", models.BooleanField(default=False)),
                ("quiet_from", models.TimeField(default=datetime.time(20, 0))),
                ("quiet_to", models.TimeField(default=datetime.time(8, 0))),
                ("digest", models.CharField(blank=True, max_length=4)),
                ("digest_at", models.TimeField(default=datetime.time(9, 0))),
                ("version", models.PositiveIntegerField(default=1)),
            ],
        ),
        migrations.CreateModel(
            name="AnswerDoor",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("as_note", models.BooleanField(default=True)),
                ("made_at", models.DateTimeField(db_index=True)),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tickets.ticket"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Box",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("unread", models.PositiveIntegerField(default=0)),
                ("mail_at", models.DateTimeField(null=True)),
                ("push_at", models.DateTimeField(null=True)),
                ("hour_at", models.DateTimeField(null=True)),
                ("hour_mails", models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("unread__gt", 0)), fields=["user", "unread"], name="box_unread")
                ],
            },
        ),
        migrations.CreateModel(
            name="Browser",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("token", models.CharField(default=otklik.core.text.short_token, max_length=32, unique=True)),
                ("endpoint", models.CharField(max_length=1000)),
                ("endpoint_key", models.CharField(max_length=64, unique=True)),
                ("p256dh", models.CharField(max_length=120)),
                ("auth", models.CharField(max_length=60)),
                ("name", models.CharField(max_length=120)),
                ("created_at", models.DateTimeField()),
                ("last_ok_at", models.DateTimeField(null=True)),
                ("last_error", models.CharField(blank=True, max_length=20)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Notification",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event_id", models.BigIntegerField()),
                ("why", models.CharField(max_length=20)),
                ("who", models.CharField(blank=True, max_length=200)),
                ("detail", models.CharField(blank=True, max_length=200)),
                ("message_id", models.BigIntegerField(null=True)),
                ("made_at", models.DateTimeField()),
                ("read_at", models.DateTimeField(null=True)),
                ("in_desk", models.BooleanField(default=True)),
                ("mail", models.CharField(blank=True, max_length=8)),
                ("push", models.CharField(blank=True, max_length=8)),
                (
                    "in_place_of",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tickets.ticket"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("in_desk", True)), fields=["user", "-id"], name="notification_of_user"
                    ),
                    models.Index(
                        condition=models.Q(("read_at__isnull", True)),
                        fields=["user", "ticket"],
                        name="notification_unread",
                    ),
                    models.Index(condition=models.Q(("mail", "waiting")), fields=["user"], name="notification_to_mail"),
                    models.Index(condition=models.Q(("push", "waiting")), fields=["user"], name="notification_to_push"),
                    models.Index(fields=["made_at"], name="notification_age"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("user", "event_id"), name="one_notification_per_event")
                ],
            },
        ),
    ]
