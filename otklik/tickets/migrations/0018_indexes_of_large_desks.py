"""Lists by status, channel and side conversations read an index; open tickets are found without walking the closed ones.

The two indexes of open tickets are made anew as they are: of indexes that promise the same, SQLite takes the newest,
and those of all tickets were newer.
"""

from django.db import migrations, models

OPEN = models.Q(("is_open", True))


class Migration(migrations.Migration):
    dependencies = [("tickets", "0017_files_kept_for_a_time")]

    operations = [
        migrations.RemoveIndex(model_name="ticket", name="ticket_team_open"),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(condition=OPEN, fields=["team", "-activity_at", "-id"], name="ticket_team_open"),
        ),
        migrations.RemoveIndex(model_name="ticket", name="ticket_assignee_open"),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(condition=OPEN, fields=["assignee", "-activity_at", "-id"], name="ticket_assignee_open"),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(fields=["status", "-activity_at", "-id"], name="ticket_status"),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(fields=["channel", "-activity_at", "-id"], name="ticket_channel"),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(("side_count__gt", 0)), fields=["-activity_at", "-id"], name="ticket_sides"
            ),
        ),
    ]
