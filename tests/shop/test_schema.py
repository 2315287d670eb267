"""The database says what the models say: names, ON DELETE rules, partitions."""

import pytest
from django.apps import apps
from django.core.management import call_command
from django.core.management.commands import makemigrations, migrate
from django.db import connection
from django.db.migrations.autodetector import MigrationAutodetector

from shop.schema import ON_DELETE, foreign_key_name, foreign_keys

OURS = ("shop", "users", "catalog", "orders", "payments", "analytics", "ingestion")
RULES = {"a": "NO ACTION", "r": "RESTRICT", "c": "CASCADE", "n": "SET NULL"}
pytestmark = pytest.mark.django_db


def our_models():
    for app in OURS:
        for model in apps.get_app_config(app).get_models(include_auto_created=True):
            if model._meta.managed and not model._meta.proxy:
                yield model


def test_foreign_keys_carry_their_models_rule():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname, confdeltype::text FROM pg_constraint"
            " WHERE contype = 'f' AND conparentid = 0"
        )
        found = {name: RULES[rule] for name, rule in cursor.fetchall()}
    expected = {
        foreign_key_name(field): ON_DELETE[field.remote_field.on_delete]
        for model in our_models()
        for field in foreign_keys(model)
    }

    assert {name: found.get(name) for name in expected} == expected


def test_indexes_and_uniques_carry_documented_names():
    tables = [model._meta.db_table for model in our_models()]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename || '.' || indexname FROM pg_indexes"
            " WHERE tablename = ANY(%s) AND indexname !~ '^(idx|uk)_'"
            " AND indexname <> tablename || '_pkey'",
            [tables],
        )
        strays = [name for (name,) in cursor.fetchall()]

    assert strays == []


def test_every_declared_partitioning_is_in_the_database():
    declared = {
        model._meta.db_table: (model.partitioning.by, model.partitioning.key)
        for model in our_models()
        if hasattr(model, "partitioning")
    }
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT cls.relname, att.attname,
                   (SELECT array_agg(key_att.attname ORDER BY keys.position)::text[]
                      FROM pg_constraint AS con,
                           unnest(con.conkey) WITH ORDINALITY AS keys(number, position),
                           pg_attribute AS key_att
                     WHERE con.conrelid = cls.oid AND con.contype = 'p'
                       AND key_att.attrelid = cls.oid AND key_att.attnum = keys.number)
              FROM pg_partitioned_table AS part
              JOIN pg_class AS cls ON cls.oid = part.partrelid
              JOIN pg_attribute AS att
                ON att.attrelid = cls.oid AND att.attnum = part.partattrs[0]
            """
        )
        found = {table: (by, tuple(key)) for table, by, key in cursor.fetchall()}

    assert found == declared


def test_models_and_migrations_agree():
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def test_app_may_be_made_ready_twice():
    before = makemigrations.Command.autodetector

    apps.get_app_config("shop").ready()

    assert makemigrations.Command.autodetector is before
    assert migrate.Command.autodetector is before
    assert issubclass(before, MigrationAutodetector)
