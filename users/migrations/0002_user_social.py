from django.db import migrations

VIEW = """
CREATE VIEW user_social AS
SELECT person.user_id,
       coalesce(array_agg(person.other) FILTER (WHERE person.role = 'follower'), '{}')
           AS followers,
       coalesce(array_agg(person.other) FILTER (WHERE person.role = 'follow'), '{}')
           AS following,
       coalesce(array_agg(person.other) FILTER (WHERE person.role = 'block'), '{}')
           AS blocked
  FROM (SELECT user_id, target_id AS other, kind AS role FROM user_connections
        UNION ALL
        SELECT target_id, user_id, 'follower' FROM user_connections
         WHERE kind = 'follow') AS person
 GROUP BY person.user_id
"""


class Migration(migrations.Migration):
    dependencies = [("users", "0001_tables")]

    operations = [migrations.RunSQL(VIEW, "DROP VIEW user_social")]
