"""People in the admin: accounts, roles and who works where; no secret is ever shown."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, Permission
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Concat, Lower
from django.db.models.lookups import Exact
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from shop.admin.base import HistoryAdmin, ModelAdmin, TabularInline
from shop.admin.columns import badge, link, reference
from shop.admin.filters import choices, days, yes_no
from shop.admin.finding import FEW, Hit, finds, row_hit
from shop.encryption import email_hash
from users import shop_admin  # noqa: F401 - registers shops, with who decides about them
from users.models import (
    Role,
    ShopFollower,
    ShopMember,
    User,
    UserActivity,
    UserConnection,
    UserProfile,
    UserRole,
    UserSession,
    UserSocial,
)
from users.models.user import FOUND_NAME
from users.services.sessions import SESSION_ROW, end_other_sessions
from users.support_admin import SawAsOthers, SeeingAs, SeenAsThem

# Permissions come from roles; groups would grant nothing.
admin.site.unregister(Group)
admin.site.unregister(EmailAddress)
# Keys and tokens are nobody's to look at; providers are named in the environment.
for _model in (Authenticator, SocialAccount, SocialApp, SocialToken):
    admin.site.unregister(_model)


def roles_within(user: Any) -> QuerySet[Role]:
    """The roles somebody may give: those that hold nothing they do not hold themselves."""
    if user.is_superuser:
        return Role.objects.all()
    names = Permission.objects.alias(
        full_name=Concat(F("content_type__app_label"), Value("."), F("codename"))
    )
    beyond = names.exclude(full_name__in=user.get_all_permissions())
    return Role.objects.exclude(permissions__in=beyond)


class RolesGiven(TabularInline):
    """A person's roles. A role is given or taken away, not turned into another."""

    model = UserRole
    fk_name = "user"
    fields = ("role", "expires_at", "granted_at", "granted_by")
    readonly_fields = ("granted_at", "granted_by")
    joined = ("role", "granted_by")
    verbose_name_plural = "roles"
    tab = False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.readonly_fields

    def get_autocomplete_fields(self, request: HttpRequest) -> tuple[str, ...]:
        return ()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def formfield_for_foreignkey(
        self, db_field: Any, request: HttpRequest, **options: Any
    ) -> Any:
        if db_field.name == "role":
            options["queryset"] = roles_within(request.user)
        return super().formfield_for_foreignkey(db_field, request, **options)


class Memberships(TabularInline):
    model = ShopMember
    fields = ("shop", "role")
    joined = ("shop",)
    verbose_name_plural = "works for"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ()


class NewUserForm(UserCreationForm):
    class Meta:
        model = User
        fields = ("email", "first_name", "last_name")
        field_classes: dict[str, Any] = {}

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        if User.objects.filter(Exact(Lower("email"), email.lower())).exists():
            raise forms.ValidationError("Somebody has this e-mail address already.")
        return email


class UserForm(UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"
        field_classes: dict[str, Any] = {}

    def __init__(self, *args: Any, **options: Any) -> None:
        # Whoever may only look has no password field at all.
        if "password" not in self.base_fields:
            forms.ModelForm.__init__(self, *args, **options)
            return
        super().__init__(*args, **options)
        self.fields["password"].widget = PasswordNote()
        self.fields["password"].help_text = ""

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        others = User.objects.exclude(pk=self.instance.pk)
        if others.filter(Exact(Lower("email"), email.lower())).exists():
            raise forms.ValidationError("Somebody has this e-mail address already.")
        return email


class PasswordNote(forms.Widget):
    """Says whether there is a password, and nothing about its hash."""

    template_name = "admin/users/password_note.html"
    read_only = True

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, None, attrs)
        return context | {"is_set": bool(value) and not str(value).startswith("!")}

    def id_for_label(self, id_: str | None) -> None:  # type: ignore[override]
        return None


@admin.register(User)
class UserAdmin(SeeingAs, ModelAdmin, DjangoUserAdmin):
    """An account is closed by its status: orders and books still refer to it."""

    form: Any = UserForm
    add_form: Any = NewUserForm
    change_password_form: Any = AdminPasswordChangeForm
    list_display = (
        "email",
        "full_name",
        badge(),
        "is_staff",
        "email_verified",
        "created_at",
        "last_seen",
    )
    list_filter = (
        choices("status"),
        yes_no("is_staff"),
        yes_no("is_superuser"),
        yes_no("email_verified"),
        days("created_at"),
    )
    search_fields = ("=username",)
    search_help_text = "The whole e-mail address, a username, or an id."
    ordering = ("-created_at",)
    filter_horizontal = ()
    inlines = (RolesGiven, Memberships)
    actions_detail = ("see_as",)
    hidden = (*ModelAdmin.hidden, "phone", "avatar")
    readonly_fields = ("last_login", "last_seen", "is_online")
    fieldsets: ClassVar[Any] = (
        (None, {"fields": ("email", "password")}),
        ("Name", {"fields": ("first_name", "last_name", "username")}),
        (
            "Access",
            {
                "fields": (
                    "status",
                    "is_active",
                    "is_staff",
                    "is_superuser",
                    "email_verified",
                )
            },
        ),
        (
            "Seen",
            {
                "classes": ("tab",),
                "fields": (
                    "id",
                    "event_time",
                    "created_at",
                    "updated_at",
                    "last_login",
                    "last_seen",
                    "is_online",
                    "deleted_at",
                ),
            },
        ),
    )
    add_fieldsets: Any = (
        (
            None,
            {
                "fields": (
                    "email",
                    "first_name",
                    "last_name",
                    "usable_password",
                    "password1",
                    "password2",
                )
            },
        ),
    )
    allows_delete = False

    def search(self, term: str) -> Q:
        if "@" in term:
            return Q(Exact(Lower("email"), term.lower()))
        return super().search(term)

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """An operator's page says what they saw as others, everybody else's who saw as them."""
        if not obj:
            return ()
        return (*self.inlines, SawAsOthers if obj.is_staff else SeenAsThem)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Only those who may do everything say who may."""
        own = super().get_readonly_fields(request, obj)
        fixed = ("event_time", "email_verified")
        if request.user.is_superuser:
            return (*own, *fixed)
        return (*own, *fixed, "is_staff", "is_superuser")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An operator does not take over the account of one who may do more."""
        mightier = obj is not None and obj.is_superuser
        if mightier and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def save_model(
        self, request: HttpRequest, obj: User, form: Any, change: bool
    ) -> None:
        obj.email_hash = email_hash(obj.email)
        if change and "email" in form.changed_data:
            obj.email_verified = False
            # Else the old address would still log in.
            EmailAddress.objects.filter(user=obj).delete()
        super().save_model(request, obj, form, change)

    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponse:
        """Whoever knew the old password is logged out, on the list of devices too."""
        response = super().user_change_password(request, id, form_url)
        if request.method == "POST" and response.status_code == HTTPStatus.FOUND:
            own = (
                request.session.get(SESSION_ROW) if id == str(request.user.pk) else None
            )
            end_other_sessions(
                user_id=UUID(id), keep=UUID(own) if own else None, now=timezone.now()
            )
        return response

    def save_formset(
        self, request: HttpRequest, form: Any, formset: Any, change: bool
    ) -> None:
        if formset.model is UserRole:
            for row in formset.extra_forms:
                row.instance.granted_by = request.user
        super().save_formset(request, form, formset, change)


@finds("users.user", "People", "person")
def find_people(term: str) -> list[Hit]:
    """By the whole address or username, or by any part of the name that is long enough."""
    if "@" in term:
        wanted = Q(Exact(Lower("email"), term.lower()))
    else:
        wanted = Q(found_name__contains=term.lower()) | Q(username=term)
    people = User.objects.alias(found_name=FOUND_NAME).filter(wanted)
    return [
        row_hit(
            person,
            title=person.get_full_name(),
            detail=f"{person.email}, {person.get_status_display().lower()}",
            is_exact=term.lower() == person.email.lower(),
        )
        for person in people.order_by("pk")[:FEW]
    ]


@admin.register(Role)
class RoleAdmin(ModelAdmin):
    list_display = ("name", "description")
    search_fields = ("^name",)
    search_help_text = "The beginning of a name, or an id."
    ordering = ("name",)
    filter_horizontal = ("permissions",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A role that grants more than one holds is not one's to change."""
        allowed = super().has_change_permission(request, obj)
        if not allowed or obj is None or request.user.is_superuser:
            return allowed
        return roles_within(request.user).filter(pk=obj.pk).exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_delete_permission(request, obj)
        return allowed and (obj is None or self.has_change_permission(request, obj))

    def formfield_for_manytomany(
        self, db_field: Any, request: HttpRequest, **options: Any
    ) -> Any:
        if db_field.name == "permissions":
            options["queryset"] = permissions_of(request.user)
        return super().formfield_for_manytomany(db_field, request, **options)


def permissions_of(user: Any) -> QuerySet[Permission]:
    """What somebody may put into a role: what they hold."""
    every = Permission.objects.select_related("content_type")
    if user.is_superuser:
        return every
    named = every.alias(
        full_name=Concat(F("content_type__app_label"), Value("."), F("codename"))
    )
    return named.filter(full_name__in=user.get_all_permissions())


@admin.register(UserRole)
class UserRoleAdmin(ModelAdmin):
    list_display = (
        link("user"),
        link("role"),
        "granted_at",
        link("granted_by"),
        "expires_at",
    )
    list_display_links = ("granted_at",)
    list_filter = (days("granted_at"), days("expires_at"))
    search_ids = ("user_id", "role_id")
    search_help_text = "The id of a person, of a role, or of the grant."
    readonly_fields = ("granted_at", "granted_by")

    def get_autocomplete_fields(self, request: HttpRequest) -> tuple[str, ...]:
        return ("user",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        own = super().get_readonly_fields(request, obj)
        return (*own, "user", "role") if obj else own

    def formfield_for_foreignkey(
        self, db_field: Any, request: HttpRequest, **options: Any
    ) -> Any:
        if db_field.name == "role":
            options["queryset"] = roles_within(request.user)
        return super().formfield_for_foreignkey(db_field, request, **options)

    def save_model(
        self, request: HttpRequest, obj: UserRole, form: Any, change: bool
    ) -> None:
        if not change:
            obj.granted_by_id = request.user.pk
        super().save_model(request, obj, form, change)


@admin.register(ShopMember)
class ShopMemberAdmin(ModelAdmin):
    list_display = ("id", link("shop"), link("user"), badge("role"))
    list_filter = (choices("role"),)
    search_ids = ("shop_id", "user_id")
    search_help_text = "The id of a shop, of a person, or of the membership."


@admin.register(UserProfile)
class UserProfileAdmin(ModelAdmin):
    """What a person wrote, for moderation; where they live and when born stays hidden."""

    list_display = ("id", link("user"), "language", "timezone", "updated_at")
    hidden = (*ModelAdmin.hidden, "address", "date_of_birth", "gender", "location")
    search_ids = ("user_id",)
    search_help_text = "The id of a person, or of the profile."
    allows_add = False
    allows_delete = False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*super().get_readonly_fields(request, obj), "user")


@admin.register(UserSession)
class UserSessionAdmin(HistoryAdmin):
    """Devices that are logged in; the session's own key stays hidden."""

    list_display = (
        "id",
        link("user"),
        "device_type",
        "ip_address",
        "last_activity",
        "expires_at",
    )
    list_filter = (days("expires_at"),)
    hidden = (*HistoryAdmin.hidden, "session_id")
    search_ids = ("user_id",)
    search_help_text = "The id of a person, or of the session."


@admin.register(UserActivity)
class UserActivityAdmin(HistoryAdmin):
    list_display = ("timestamp", "activity_type", reference("user_id", "users.user"))
    list_filter = (days("timestamp"),)
    search_ids = ("user_id",)
    search_help_text = "The id of a person, or of the activity."


@admin.register(UserConnection)
class UserConnectionAdmin(ModelAdmin):
    list_display = ("id", link("user"), badge("kind"), link("target"), "created_at")
    list_filter = (choices("kind"),)
    search_ids = ("user_id", "target_id")
    search_help_text = "The id of either person, or of the connection."


@admin.register(ShopFollower)
class ShopFollowerAdmin(ModelAdmin):
    list_display = ("id", link("user"), link("shop"), "created_at")
    search_ids = ("user_id", "shop_id")
    search_help_text = "The id of the person, of the shop, or of the row."


@admin.register(UserSocial)
class UserSocialAdmin(HistoryAdmin):
    """A view over the connections, one row a person."""

    list_display = (
        reference("user_id", "users.user"),
        "follower_count",
        "following_count",
        "blocked_count",
    )
    list_display_links = ("follower_count",)
    search_help_text = "The id of a person."

    @admin.display(description="followers")
    def follower_count(self, row: UserSocial) -> int:
        return len(row.followers)

    @admin.display(description="following")
    def following_count(self, row: UserSocial) -> int:
        return len(row.following)

    @admin.display(description="blocked")
    def blocked_count(self, row: UserSocial) -> int:
        return len(row.blocked)


@admin.register(EmailAddress)
class EmailAddressAdmin(HistoryAdmin):
    """Addresses that were confirmed, or wait to be."""

    list_display = ("email", link("user"), "primary", "verified")
    list_filter = (yes_no("verified"),)
    search_ids = ("user_id",)
    search_help_text = "The whole e-mail address, or the id of a person."

    def search(self, term: str) -> Q:
        return Q(email__in={term, term.lower()})
