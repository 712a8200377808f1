from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0008_organizations_with_numbers"),
    ]

    operations = [
        migrations.AlterField(
            model_name="contactimport",
            name="state",
            field=models.CharField(
                choices=[("draft", "Draft"), ("running", "Running"), ("done", "Done"), ("stopped", "Stopped")],
                default="draft",
                max_length=8,
            ),
        ),
    ]
