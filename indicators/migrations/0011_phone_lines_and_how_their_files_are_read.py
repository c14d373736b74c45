import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('indicators', '0010_months_are_imported_too'),
        ('qualepref_sites', '0007_absences_and_reminders'),
        ('referentiel', '0004_perimeter_names_its_indicators'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name='figureimport',
            name='contents',
            field=models.CharField(choices=[('results', 'résultats de l’année'), ('notes', 'notes du tableau'), ('months', 'chiffres de mois'), ('phone', 'statistiques téléphoniques')], max_length=10, verbose_name='contenu'),
        ),
        migrations.CreateModel(
            name='HistoricalPhoneLine',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('number', models.CharField(max_length=60, verbose_name='numéro ou nom')),
                ('first_month', models.DateField(blank=True, null=True, verbose_name='premier mois compté')),
                ('last_month', models.DateField(blank=True, null=True, verbose_name='dernier mois compté')),
                ('history_change_reason', models.TextField(null=True)),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('indicator', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='referentiel.indicator')),
                ('prefecture', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='qualepref_sites.prefecture')),
                ('service', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='qualepref_sites.service')),
            ],
            options={
                'verbose_name': 'historical ligne téléphonique',
                'verbose_name_plural': 'historical lignes téléphoniques',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='HistoricalPhoneMapping',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('shape', models.CharField(max_length=64, verbose_name='forme du fichier')),
                ('columns', models.JSONField(verbose_name='colonnes')),
                ('history_change_reason', models.TextField(null=True)),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('prefecture', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='qualepref_sites.prefecture')),
            ],
            options={
                'verbose_name': 'historical lecture d’un fichier téléphonique',
                'verbose_name_plural': 'historical lectures de fichiers téléphoniques',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='PhoneLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=60, verbose_name='numéro ou nom')),
                ('first_month', models.DateField(blank=True, null=True, verbose_name='premier mois compté')),
                ('last_month', models.DateField(blank=True, null=True, verbose_name='dernier mois compté')),
                ('indicator', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='phone_lines', to='referentiel.indicator')),
                ('prefecture', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='phone_lines', to='qualepref_sites.prefecture')),
                ('service', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='phone_lines', to='qualepref_sites.service')),
            ],
            options={
                'verbose_name': 'ligne téléphonique',
                'verbose_name_plural': 'lignes téléphoniques',
                'ordering': ['number', 'pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('first_month', None), ('first_month__day', 1), _connector='OR'), models.Q(('last_month', None), ('last_month__day', 1), _connector='OR')), name='phone_line_counts_whole_months', violation_error_message='Un mois est écrit par son premier jour.'), models.CheckConstraint(condition=models.Q(('first_month', None), ('last_month', None), ('last_month__gte', models.F('first_month')), _connector='OR'), name='phone_line_months_are_in_order', violation_error_message='Le dernier mois ne précède pas le premier.'), models.CheckConstraint(condition=models.Q(('number', ''), _negated=True), name='phone_line_has_a_number', violation_error_message='Une ligne a un numéro ou un nom.')],
            },
        ),
        migrations.CreateModel(
            name='PhoneMapping',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('shape', models.CharField(max_length=64, verbose_name='forme du fichier')),
                ('columns', models.JSONField(verbose_name='colonnes')),
                ('prefecture', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='phone_mappings', to='qualepref_sites.prefecture')),
            ],
            options={
                'verbose_name': 'lecture d’un fichier téléphonique',
                'verbose_name_plural': 'lectures de fichiers téléphoniques',
                'constraints': [models.UniqueConstraint(fields=('prefecture', 'shape'), name='one_mapping_per_shape_of_file', violation_error_message='Les fichiers de cette forme se lisent déjà.')],
            },
        ),
    ]
