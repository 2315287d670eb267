"""What allauth asks of our accounts."""

from __future__ import annotations

import ipaddress
import re
from copy import copy
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.db.models.expressions import DatabaseDefault
from django.http import Http404, HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from shop.encryption import decrypt_text, email_hash, encrypt_text
from users.models import User, UserStatus
from users.models.user import EMAIL_FORMAT

# RFC 5321; the library would cut the rest off.
EMAIL_LENGTH = 254
ADDRESS = re.compile(r"https?://\S+")


class AccountAdapter(DefaultAccountAdapter):
    """People are known by e-mail; the keyed hash is kept beside the address."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _("The e-mail address or the password is wrong."),
        "too_many_login_attempts": _("That was tried too often. Wait a few minutes."),
        "rate_limited": _("That was tried too often. Wait a few minutes."),
    }

    def populate_username(self, request: Any, user: Any) -> None:
        """A username is optional here."""

    def clean_email(self, email: str) -> str:
        """The database takes fewer addresses than the standard: say so before it does."""
        if len(email) > EMAIL_LENGTH or not re.fullmatch(EMAIL_FORMAT, email):
            raise ValidationError(
                gettext("Write an e-mail address like name@example.com.")
            )
        return email

    def save_user(self, request: Any, user: Any, form: Any, commit: bool = True) -> Any:
        user = super().save_user(request, user, form, commit=False)
        user.email_hash = email_hash(user.email)
        if commit:
            user.save()
        return user

    def pre_login(self, request: Any, user: Any, **options: Any) -> Any:
        """A passkey and a provider's word pass no backend: a closed account ends here."""
        if user.status != UserStatus.ACTIVE:
            user.is_active = False
        elif user.email_verified:
            _keep_known_address(user)
        return super().pre_login(request, user, **options)

    def send_mail(self, template_prefix: str, email: str, context: Any) -> None:
        known = {"market_name": settings.MARKET_NAME, "site_url": settings.SITE_URL}
        super().send_mail(template_prefix, email, {**known, **context})

    def render_mail(
        self, template_prefix: str, email: Any, context: Any, headers: Any = None
    ) -> Any:
        """The same words twice: as text, and as a plain page with buttons."""
        mail = super().render_mail(template_prefix, email, context, headers)
        if isinstance(mail, EmailMultiAlternatives) and not mail.alternatives:
            page = {
                **context,
                "title": mail.subject,
                "parts": mail_parts(str(mail.body)),
            }
            mail.attach_alternative(
                render_to_string("users/mail.html", page), "text/html"
            )
        return mail


def mail_parts(text: str) -> list[dict[str, Any]]:
    """The paragraphs of a mail's text; one that ends in an address of its own is a button."""
    parts: list[dict[str, Any]] = []
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        lines = [line.strip() for line in paragraph.splitlines()]
        if ADDRESS.fullmatch(lines[-1]):
            label = " ".join(lines[:-1]).rstrip(":")
            parts.append({"href": lines[-1], "label": label or lines[-1]})
        else:
            parts.append({"lines": lines})
    return parts


def _keep_known_address(user: User) -> None:
    """Accounts made by a command or the admin are known to be confirmed by their row alone."""
    if not EmailAddress.objects.filter(user=user).exists():
        EmailAddress.objects.create(
            user=user, email=user.email, verified=True, primary=True
        )


class MFAAdapter(DefaultMFAAdapter):
    """Secrets of the second factor are encrypted like other personal data."""

    def encrypt(self, text: str) -> str:
        return encrypt_text(text)

    def decrypt(self, encrypted_text: str) -> str:
        return decrypt_text(encrypted_text)

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        """Keys are told apart by number until their owner names them."""
        kept = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return gettext("Key %(number)d") % {"number": kept + 1}

    def _get_site_name(self) -> str:
        return str(settings.MARKET_NAME)


class SocialAdapter(DefaultSocialAccountAdapter):
    """Accounts that a provider vouches for; they have the hash of their address too."""

    def get_app(self, request: Any, provider: str, client_id: str | None = None) -> Any:
        """The addresses of a provider that this market does not use are not there."""
        try:
            return super().get_app(request, provider, client_id)
        except SocialApp.DoesNotExist:
            raise Http404 from None

    def save_user(self, request: Any, sociallogin: Any, form: Any = None) -> Any:
        user = super().save_user(request, sociallogin, form)
        user.email_hash = email_hash(user.email)
        user.save(update_fields=["email_hash", "updated_at"])
        return user

    def serialize_instance(self, instance: Any) -> Any:
        """A row to be, for the session; what the database will give it cannot be written."""
        bare = copy(instance)
        for name, value in vars(instance).items():
            if isinstance(value, DatabaseDefault):
                del vars(bare)[name]
        return super().serialize_instance(bare)


def host_takes_passkeys(request: HttpRequest) -> bool:
    """Browsers give keys to names, never to bare IP addresses."""
    host = request.get_host().rpartition(":")[0] or request.get_host()
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return True
    return False
