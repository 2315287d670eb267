from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth import get_backends
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import Value
from django.db.models.functions import Concat, Lower

from shop import fields
from shop.encryption import EncryptedTextField, email_hash
from shop.entities import Entity, EntityType

EMAIL_FORMAT = r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}$"


class UserStatus(models.TextChoices):
    ACTIVE = "active"
    INACTIVE = "inactive"
    SUSPENDED = "suspended"
    DELETED = "deleted"


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **more: Any) -> User:
        """A person who can log in; without a password only through a reset."""
        user = self.model(email=self.normalize_email(email), **more)
        user.set_password(password)
        user.email_hash = email_hash(user.email)
        user.save(using=self._db)
        return user

    def create_superuser(
        self, email: str, password: str | None = None, **more: Any
    ) -> User:
        # Made at the machine itself: nobody asks whether the address is theirs.
        given = {"email_verified": True, **more}
        return self.create_user(
            email, password, is_staff=True, is_superuser=True, **given
        )

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


# What an operator types of a name, wherever in it; its trigrams are indexed.
FOUND_NAME = Lower(Concat("first_name", Value(" "), "last_name"))


class User(AbstractBaseUser, Entity):
    """A person: shopper, shop owner, operator. Permissions come from roles."""

    entity_type = EntityType.USER

    email = models.EmailField(max_length=254)
    username = models.CharField(max_length=150, unique=True, null=True, blank=True)
    first_name = fields.text(150)
    last_name = fields.text(150)
    full_name = models.GeneratedField(
        expression=models.Func(
            "first_name",
            "last_name",
            template="trim(%(expressions)s)",
            arg_joiner=" || ' ' || ",
            output_field=models.TextField(),
        ),
        output_field=models.TextField(),
        db_persist=True,
    )
    phone = EncryptedTextField(blank=True, **fields.both(""))
    avatar = models.ImageField(upload_to="avatars/", blank=True, **fields.both(""))
    status = fields.choice(UserStatus, UserStatus.ACTIVE)
    email_verified = models.BooleanField(**fields.both(False))
    is_online = models.BooleanField(**fields.both(False))
    is_active = models.BooleanField(**fields.both(True))
    is_staff = models.BooleanField(
        "operator", help_text="May enter the admin.", **fields.both(False)
    )
    is_superuser = models.BooleanField(
        help_text="May do everything.", **fields.both(False)
    )
    last_seen = fields.moment()
    metadata = fields.document()
    email_hash = models.CharField(
        max_length=64, editable=False, db_index=True, **fields.both("")
    )
    deleted_at = fields.moment(editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta(Entity.Meta):
        db_table = "users"
        indexes = [
            fields.Index(fields=["status"], name="idx_users_status"),
            fields.Index(fields=["-created_at"], name="idx_users_created_at"),
            fields.GinIndex(
                OpClass(FOUND_NAME, "gin_trgm_ops"), name="idx_users_names_trigrams"
            ),
            fields.Index(
                fields=["email"],
                name="idx_users_email",
                condition=models.Q(status="active"),
            ),
        ]
        constraints = [
            models.UniqueConstraint(Lower("email"), name="uk_users_lower_email"),
            models.CheckConstraint(
                condition=models.Q(status__in=UserStatus.values),
                name="chk_users_status",
            ),
            models.CheckConstraint(
                condition=models.Q(email__regex=EMAIL_FORMAT), name="chk_email_format"
            ),
        ]

    def __str__(self) -> str:
        return self.email

    def get_full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.email

    def get_short_name(self) -> str:
        return self.first_name or self.email.split("@")[0]

    # What the admin and the API ask; the answers come from users.backends.
    def has_perm(self, perm: str, obj: Any = None) -> bool:
        if self.is_active and self.is_superuser:
            return True
        return any(backend.has_perm(self, perm, obj) for backend in get_backends())

    def has_perms(self, perm_list: list[str], obj: Any = None) -> bool:
        return all(self.has_perm(perm, obj) for perm in perm_list)

    def has_module_perms(self, app_label: str) -> bool:
        if self.is_active and self.is_superuser:
            return True
        return any(
            backend.has_module_perms(self, app_label)  # type: ignore[attr-defined]
            for backend in get_backends()
        )

    def get_all_permissions(self, obj: Any = None) -> set[str]:
        return {
            name
            for backend in get_backends()
            for name in backend.get_all_permissions(self, obj)
        }
