"""Forms, requests that were posted by them, and what was sent."""

import django.db.models.deletion
import otklik.core.text
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("tickets", "0008_bin_and_spam"),
    ]

    operations = [
        migrations.CreateModel(
            name="WebForm",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.SlugField(max_length=40, unique=True)),
                (
                    "channel",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="web_form", to="tickets.channel"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="FormRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("token", models.CharField(default=otklik.core.text.short_token, max_length=32, unique=True)),
                ("mail_token", models.CharField(default=otklik.core.text.short_token, max_length=32, unique=True)),
                ("name", models.CharField(blank=True, max_length=200)),
                ("email", models.CharField(blank=True, max_length=320)),
                ("phone", models.CharField(blank=True, max_length=32)),
                ("created_at", models.DateTimeField()),
                (
                    "ticket",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="form_request", to="tickets.ticket"
                    ),
                ),
                (
                    "form",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="requests", to="webform.webform"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Post",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("nonce", models.CharField(max_length=32, unique=True)),
                ("source", models.CharField(max_length=32)),
                ("address_key", models.CharField(max_length=32)),
                ("created_at", models.DateTimeField()),
                (
                    "message",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tickets.message"
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="posts", to="webform.formrequest"
                    ),
                ),
                (
                    "form",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="webform.webform"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["source", "-created_at"], name="post_by_source"),
                    models.Index(fields=["address_key", "-created_at"], name="post_by_address"),
                    models.Index(fields=["form", "-created_at"], name="post_by_form"),
                    models.Index(fields=["request", "-created_at"], name="post_by_request"),
                ],
            },
        ),
    ]
