"""What was imported before there were drafts: numbered in its préfecture in the order of time, said to hold
notes where it brought nothing else, and brought on the day it was imported."""

from django.db import migrations


def number(apps, schema_editor):
    FigureImport = apps.get_model("indicators", "FigureImport")
    numbers = {}
    for source in FigureImport.objects.order_by("imported_at", "pk"):
        numbers[source.prefecture_id] = numbers.get(source.prefecture_id, 0) + 1
        source.number = numbers[source.prefecture_id]
        if source.notes.exists() and not source.measurements.exists():
            source.contents = "notes"
        source.uploaded_at, source.uploaded_by_id = source.imported_at, source.imported_by_id
        source.save(update_fields=["number", "contents", "uploaded_at", "uploaded_by"])


class Migration(migrations.Migration):

    dependencies = [
        ('indicators', '0002_imports_wait_to_be_verified'),
    ]

    operations = [migrations.RunPython(number, migrations.RunPython.noop)]
