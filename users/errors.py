"""The ways the accounts refuse."""

from django.utils.translation import gettext as _

from shop.errors import DomainError


class NotYourself(DomainError):
    code = "not_yourself"

    def __init__(self) -> None:
        super().__init__(_("You can neither follow nor block yourself."))


class Blocked(DomainError):
    code = "blocked"

    def __init__(self) -> None:
        super().__init__(_("One of you has blocked the other."))


class ShopRefused(DomainError):
    """reason: a sentence for people."""

    code = "shop_refused"


class WrongShopStatus(DomainError):
    code = "wrong_shop_status"

    def __init__(self, before: str, after: str) -> None:
        super().__init__(
            _("A shop that is “%(before)s” cannot become “%(after)s”.")
            % {"before": before, "after": after}
        )


class NeedsReason(DomainError):
    code = "needs_reason"

    def __init__(self) -> None:
        super().__init__(_("Write the reason: the people of the shop will read it."))


class NotAllowed(DomainError):
    code = "not_allowed"

    def __init__(self) -> None:
        super().__init__(_("Your role in this shop does not allow this."))


class LastOwner(DomainError):
    code = "last_owner"

    def __init__(self) -> None:
        super().__init__(
            _("A shop needs an owner. Make somebody else one of its owners first.")
        )


class AlreadyMember(DomainError):
    code = "already_member"

    def __init__(self) -> None:
        super().__init__(_("This person works here already."))


class InvitationGone(DomainError):
    code = "invitation_gone"

    def __init__(self) -> None:
        super().__init__(
            _("This invitation is no longer good. Ask the shop for a new one.")
        )


class InvitationForAnother(DomainError):
    code = "invitation_for_another"

    def __init__(self) -> None:
        super().__init__(
            _(
                "This invitation was sent to another e-mail address."
                " Log in with the account of that address."
            )
        )


class CannotImpersonate(DomainError):
    """reason: a sentence for the operator."""

    code = "cannot_impersonate"
