from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('qualepref_sites', '0001_initial'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='prefecture',
            name='prefecture_slug_is_no_address_of_ours',
        ),
        migrations.AddConstraint(
            model_name='prefecture',
            constraint=models.CheckConstraint(condition=models.Q(('slug__in', ['accessibilite', 'agents', 'connexion', 'deconnexion', 'healthz', 'readyz', 'referentiels', 'static']), _negated=True), name='prefecture_slug_is_no_address_of_ours', violation_error_message="Cette adresse est réservée à l'application."),
        ),
    ]
