"""The ways the catalogue refuses."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from shop.errors import DomainError

# The apps above read it here.
from shop.pictures import NotAPicture as NotAPicture  # noqa: PLC0414


class InvalidQuantity(DomainError):
    """A number of units that nobody can buy."""

    code = "invalid_quantity"

    def __init__(self, most: int) -> None:
        super().__init__(
            _("Choose a quantity between 1 and %(most)d.") % {"most": most}
        )
        self.most = most


class CannotMerge(DomainError):
    """reason: a sentence for the operator."""

    code = "cannot_merge"


class ViewRefused(DomainError):
    """Filters that cannot be kept under a name. reason: a sentence for people."""

    code = "view_refused"


class CategoryRefused(DomainError):
    """A change of the tree of departments that cannot be. reason: a sentence for people."""

    code = "category_refused"


@dataclass(frozen=True, kw_only=True)
class Shortage:
    """A variant of which fewer units are left than are wanted."""

    variant_id: UUID
    name: str
    wanted: int
    left: int

    def __str__(self) -> str:
        if self.left < 1:
            return _("%(name)s is sold out.") % {"name": self.name}
        return ngettext(
            "Only %(left)d of %(name)s is left; you want %(wanted)d.",
            "Only %(left)d of %(name)s are left; you want %(wanted)d.",
            self.left,
        ) % {"left": self.left, "name": self.name, "wanted": self.wanted}


class OutOfStock(DomainError):
    """Fewer units are left than are wanted. `shortages` has every variant that is short."""

    code = "out_of_stock"

    def __init__(self, shortages: Sequence[Shortage]) -> None:
        super().__init__(" ".join(str(shortage) for shortage in shortages))
        self.shortages = tuple(shortages)


class NoSuchThing(DomainError):
    """What was asked for is not there, or not for this person."""

    code = "not_found"


class InvalidPrice(DomainError):
    """An amount that no price can be."""

    code = "invalid_price"


class InvalidReview(DomainError):
    """A review without a rating of one to five stars, or with too many words."""

    code = "invalid_review"


class AnswerChanged(DomainError):
    """A colleague has answered a review meanwhile; `answer` is theirs."""

    code = "answer_changed"

    def __init__(self, answer: str) -> None:
        super().__init__(
            _("A colleague has changed the answer meanwhile. Read it, then change it.")
        )
        self.answer = answer


class OwnReview(DomainError):
    """Nobody praises their own: a vote for one's review, a review of one's goods."""

    code = "own_review"


class InvalidName(DomainError):
    """A name that a list cannot have."""

    code = "invalid_name"


class TooMany(DomainError):
    """A person has as many of these as one may have."""

    code = "too_many"


class CanBeBought(DomainError):
    """Nobody waits for what is there."""

    code = "can_be_bought"


class InvalidLevel(DomainError):
    """A number of units that no shelf holds."""

    code = "invalid_level"

    def __init__(self, most: int) -> None:
        super().__init__(
            _("Stock is a whole number between 0 and %(most)d.") % {"most": most}
        )


class BelowPromised(DomainError):
    """Fewer units than checkouts were promised. level: what there are, where that is known."""

    code = "below_promised"

    def __init__(self, promised: int, *, level: int | None = None) -> None:
        words = ngettext(
            "%(units)d unit is promised to a checkout; stock cannot be less.",
            "%(units)d units are promised to checkouts; stock cannot be less.",
            promised,
        ) % {"units": promised}
        if level is not None and level > promised:
            most = _("At most %(most)d can go.") % {"most": level - promised}
            words = f"{words} {most}"
        super().__init__(words)


class LevelMoved(DomainError):
    """Units came or went since a page was shown; `level` is what there are now."""

    code = "level_moved"

    def __init__(self, *, seen: int, level: int) -> None:
        super().__init__(
            _(
                "Meanwhile the stock is %(level)d; it was %(seen)d when you looked."
                " Look at the shelf again, and save what is right now."
            )
            % {"level": level, "seen": seen}
        )
        self.level = level


class NotCounted(DomainError):
    """A variant that is sold without counting."""

    code = "not_counted"

    def __init__(self) -> None:
        super().__init__(_("The stock of this variant is not counted."))


class InvalidChange(DomainError):
    """A number of units that cannot come or go."""

    code = "invalid_change"

    def __init__(self, most: int) -> None:
        super().__init__(
            _("Write how many came, or with a minus how many went: up to %(most)d.")
            % {"most": most}
        )


class InvalidReason(DomainError):
    """A reason that is not for people to say."""

    code = "invalid_reason"

    def __init__(self) -> None:
        super().__init__(_("Choose one of the reasons."))


class InvalidThreshold(DomainError):
    """A number from which no stock can be low."""

    code = "invalid_threshold"

    def __init__(self, most: int) -> None:
        super().__init__(
            _("This is a whole number between 0 and %(most)d.") % {"most": most}
        )
