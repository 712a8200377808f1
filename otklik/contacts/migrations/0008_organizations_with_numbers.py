from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0007_drop_lines_inside_imports"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="organization",
            index=models.Index(
                condition=models.Q(("reference_patterns", []), _negated=True),
                fields=["id"],
                name="organization_with_numbers",
            ),
        ),
    ]
