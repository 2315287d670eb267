"""The admin site itself: who gets in, and what its pages may run."""

from collections.abc import Callable
from typing import Any

from allauth.account.decorators import secure_admin_login
from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.decorators import csp_update
from django.contrib import admin

# The theme's menus, tabs and filters are Alpine components, whose attributes Alpine compiles
# with `new Function`; it writes our colours in a <style> element, and its scroll bars and
# date pickers set style attributes. Elsewhere neither is allowed.
RELAXED = {"script-src": [SELF, UNSAFE_EVAL], "style-src": [SELF, UNSAFE_INLINE]}


def log_in_once() -> None:
    """One page to log in: the accounts' own, which throttles by address and account."""
    admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]


def relax_policy() -> None:
    """Gives the admin's own views, and no others, the content security policy they need."""
    guarded: Callable[..., Any] = admin.site.admin_view

    def admin_view(view: Any, cacheable: bool = False) -> Any:
        return csp_update(RELAXED)(guarded(view, cacheable))

    admin.site.admin_view = admin_view  # type: ignore[method-assign]
