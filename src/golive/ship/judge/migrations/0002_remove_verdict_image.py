from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("judge", "0001_initial"),
    ]

    operations = [
        migrations.RemoveField("verdict", "image"),
    ]
