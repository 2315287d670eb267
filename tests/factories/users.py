import factory

from shop.encryption import email_hash
from users.models import (
    ImpersonatedRequest,
    Impersonation,
    MemberRole,
    Role,
    ShopFollower,
    ShopInvitation,
    ShopMember,
    ShopMessage,
    User,
    UserActivity,
    UserConnection,
    UserProfile,
    UserRole,
    UserSession,
)

PASSWORD = "correct horse battery"


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.com")
    first_name = "Ada"
    last_name = factory.Sequence(lambda n: f"Nr. {n}")
    email_hash = factory.LazyAttribute(lambda user: email_hash(user.email))
    # Whoever has not confirmed the address cannot log in.
    email_verified = True
    password = factory.django.Password(PASSWORD)


class OperatorFactory(UserFactory):
    is_staff = True
    is_superuser = True


class UserProfileFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = UserProfile

    user = factory.SubFactory(UserFactory)


class UserSessionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = UserSession

    session_id = factory.Sequence(lambda n: f"session-{n}")
    user = factory.SubFactory(UserFactory)
    expires_at = "2031-01-01T00:00:00Z"


class UserActivityFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = UserActivity

    user_id = factory.LazyFunction(lambda: UserFactory().id)
    activity_type = "logged_in"


class UserConnectionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = UserConnection

    user = factory.SubFactory(UserFactory)
    target = factory.SubFactory(UserFactory)


class ShopFollowerFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ShopFollower

    user = factory.SubFactory(UserFactory)
    shop = factory.SubFactory("tests.factories.shop.ShopFactory")


class RoleFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Role

    name = factory.Sequence(lambda n: f"role {n}")


class UserRoleFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = UserRole

    user = factory.SubFactory(UserFactory)
    role = factory.SubFactory(RoleFactory)


class ShopMemberFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ShopMember

    shop = factory.SubFactory("tests.factories.shop.ShopFactory")
    user = factory.SubFactory(UserFactory)
    role = MemberRole.STAFF


class ShopMessageFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ShopMessage

    shop = factory.SubFactory("tests.factories.shop.ShopFactory")
    user = factory.SubFactory(UserFactory)
    about = factory.Sequence(lambda n: f"event-{n}")
    claimed_at = "2031-01-01T00:00:00Z"


class ShopInvitationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ShopInvitation

    shop = factory.SubFactory("tests.factories.shop.ShopFactory")
    email = factory.Sequence(lambda n: f"asked{n}@example.com")
    key_hash = factory.Sequence(lambda n: f"{n:064d}")
    expires_at = "2040-01-01T00:00:00Z"


class ImpersonationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Impersonation

    operator = factory.SubFactory(OperatorFactory)
    user = factory.SubFactory(UserFactory)
    reason = "They cannot find their order."
    started_at = "2031-01-01T00:00:00Z"
    expires_at = "2031-01-01T01:00:00Z"


class ImpersonatedRequestFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ImpersonatedRequest

    impersonation = factory.SubFactory(ImpersonationFactory)
    at = "2031-01-01T00:10:00Z"
    method = "POST"
    route = "orders:cancel_order"
