from datetime import date

import pytest
from django.db import connection

from shop.encryption import email_hash, keyed_hash
from tests.factories.users import UserFactory, UserProfileFactory
from users.models import User, UserProfile


def stored(table: str, column: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT "{column}" FROM "{table}"')
        return cursor.fetchone()[0]


@pytest.mark.django_db
def test_an_encrypted_column_reads_plain_and_is_stored_otherwise():
    user = UserFactory(phone="+254 700 000000")

    assert User.objects.get(pk=user.pk).phone == "+254 700 000000"
    assert "254" not in stored("users", "phone")


@pytest.mark.django_db
def test_an_encrypted_date_is_a_date_again():
    profile = UserProfileFactory(date_of_birth=date(1990, 2, 28))

    assert UserProfile.objects.get(pk=profile.pk).date_of_birth == date(1990, 2, 28)
    assert "1990" not in stored("user_profiles", "date_of_birth")


@pytest.mark.django_db
def test_a_column_of_another_key_says_so(settings):
    UserFactory(phone="+254 700 000000")
    settings.PII_KEY = "another key that is long enough"

    with pytest.raises(ValueError, match="PII_KEY"):
        User.objects.get()


def test_email_hash_is_of_the_address_however_it_is_typed():
    assert email_hash(" Ada@Example.com ") == email_hash("ada@example.com")


def test_a_hash_needs_the_key(settings):
    first = keyed_hash("ada@example.com")
    settings.PII_KEY = "another key that is long enough"

    assert keyed_hash("ada@example.com") != first
