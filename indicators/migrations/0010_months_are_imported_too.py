from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('indicators', '0009_silences_are_explained'),
    ]

    operations = [
        migrations.AlterField(
            model_name='figureimport',
            name='contents',
            field=models.CharField(choices=[('results', 'résultats de l’année'), ('notes', 'notes du tableau'), ('months', 'chiffres de mois')], max_length=10, verbose_name='contenu'),
        ),
    ]
