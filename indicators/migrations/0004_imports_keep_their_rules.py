from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('indicators', '0003_imports_are_numbered'),
    ]

    operations = [
        migrations.AddConstraint(
            model_name='figureimport',
            constraint=models.UniqueConstraint(fields=('prefecture', 'number'), name='import_number_is_unique_in_its_prefecture', violation_error_message='Un import de la préfecture porte déjà ce numéro.'),
        ),
        migrations.AddConstraint(
            model_name='figureimport',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['reading', 'to_check'])), fields=('prefecture', 'year', 'contents', 'sha256'), name='a_file_is_verified_once_at_a_time', violation_error_message='Ce fichier est déjà en cours de vérification pour cette année.'),
        ),
        migrations.AddConstraint(
            model_name='figureimport',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('imported_at__isnull', False), ('state', 'imported')), models.Q(models.Q(('state', 'imported'), _negated=True), ('imported_at', None), ('imported_by', None)), _connector='OR'), name='import_is_dated_once_it_is_done', violation_error_message='Un import terminé a une date, et lui seul.'),
        ),
        migrations.AddConstraint(
            model_name='figureimport',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('abandoned_at__isnull', False), ('abandoned_by__isnull', False), ('state', 'abandoned')), models.Q(models.Q(('state', 'abandoned'), _negated=True), ('abandoned_at', None), ('abandoned_by', None)), _connector='OR'), name='abandoned_import_says_by_whom', violation_error_message='Un import abandonné dit quand et par qui, et lui seul.'),
        ),
        migrations.AddConstraint(
            model_name='figureimport',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['abandoned', 'failed']), ('stored_as', '')), models.Q(('state__in', ['reading', 'to_check']), models.Q(('stored_as', ''), _negated=True)), ('state', 'imported'), _connector='OR'), name='import_keeps_its_file_until_it_is_given_up', violation_error_message="Un fichier est gardé tant qu'il se vérifie, pas une fois écarté."),
        ),
        migrations.AddConstraint(
            model_name='figureimport',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('rows__isnull', False), ('state', 'to_check')), models.Q(models.Q(('state', 'to_check'), _negated=True), ('rows__isnull', True)), _connector='OR'), name='import_holds_its_rows_while_it_is_verified', violation_error_message='Les lignes lues sont gardées le temps de la vérification.'),
        ),
        migrations.AddConstraint(
            model_name='figureimport',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'failed'), models.Q(('failure', ''), _negated=True)), models.Q(models.Q(('state', 'failed'), _negated=True), ('failure', '')), _connector='OR'), name='failed_import_says_why', violation_error_message='Un fichier illisible dit pourquoi, et lui seul.'),
        ),
    ]
