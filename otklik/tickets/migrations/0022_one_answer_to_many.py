"""What is left of one answer to many tickets, so that it is ended whatever stops the one who began it."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("tickets", "0021_waiting_replies_know_what_was_seen"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReplyPlan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("words", models.JSONField(default=dict)),
                ("items", models.JSONField(default=list)),
                ("results", models.JSONField(default=list)),
                ("is_open", models.BooleanField(default=True)),
                ("made_at", models.DateTimeField(db_index=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
    ]
