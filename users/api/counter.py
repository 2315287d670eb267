"""The same door for programs."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework.exceptions import MethodNotAllowed, PermissionDenied
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request

from users.counter import Seller, find_seller
from users.rights import Right


class OfShop:
    """Mixed into a view below `sell/<slug:shop>/`: `self.seller`, or 404 or 403.

    rights: by method, or by the action of a view set.
    """

    permission_classes: ClassVar[Any] = [IsAuthenticated]
    rights: ClassVar[dict[str, Right]]
    seller: Seller

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        seller = find_seller(user=request.user, slug=kwargs["shop"])
        if seller is None:
            raise Http404
        asked = getattr(self, "action", None) or (request.method or "").lower()
        right = self.rights.get(asked)
        if right is None:
            # Nothing that this address does.
            raise MethodNotAllowed(request.method or "")
        if not seller.may(right):
            raise PermissionDenied(_("Your role in this shop does not allow this."))
        self.seller = seller
