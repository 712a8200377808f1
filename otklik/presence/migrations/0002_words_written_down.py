"""Whoever writes down what a customer said is writing as well."""

from django.db import migrations, models

CHOICES = [("", "nothing"), ("reply", "a reply"), ("note", "a note"), ("incoming", "what the customer said")]


class Migration(migrations.Migration):
    dependencies = [("presence", "0001_who_is_here")]

    operations = [
        migrations.AlterField(
            model_name="looking",
            name="writing",
            field=models.CharField(blank=True, choices=CHOICES, max_length=8),
        ),
    ]
