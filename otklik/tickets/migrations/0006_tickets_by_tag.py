"""The folder of a tag reads its tickets from this index, by number."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tickets", "0005_merges_and_links")]

    operations = [
        migrations.AddIndex(
            model_name="tickettag", index=models.Index(fields=["tag", "ticket"], name="tickets_of_tag")
        ),
    ]
