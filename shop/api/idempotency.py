"""The header `Idempotency-Key`: a POST that is sent again is answered again, not done again.

    class RefundViewSet(...):
        @idempotent()
        def create(self, request): ...

    @idempotent_view
    def pay(request): ...          # a page; its form may hold a field `idempotency_key`

Answers below 400 are kept. Whatever else came of it, the key is free again.
https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeVar

from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
    QueryDict,
)
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from shop.api.problems import MEDIA_TYPE
from shop.errors import DomainError
from shop.services.idempotency import (
    Fresh,
    InProgress,
    KeyReused,
    Replay,
    claim,
    finish,
    release,
)

HEADER = "Idempotency-Key"
FIELD = "idempotency_key"
REPLAYED = "Idempotency-Replayed"
# Printable ASCII; a structured field's string stands in quotes, as the draft has it.
KEY = re.compile(r'"?([!#-~]{1,255})"?')
RETRY_S = 1
View = TypeVar("View", bound=Callable[..., Any])


class KeyMissing(exceptions.APIException):
    status_code = HTTPStatus.BAD_REQUEST
    default_code = "idempotency_key_missing"

    def __init__(self) -> None:
        super().__init__(
            _(
                "Send the header Idempotency-Key with a value of your own, such as a UUID."
            )
        )


class KeyInvalid(exceptions.APIException):
    status_code = HTTPStatus.BAD_REQUEST
    default_code = "idempotency_key_invalid"

    def __init__(self) -> None:
        super().__init__(
            _("An Idempotency-Key has 1 to 255 printable characters and no spaces.")
        )


class _Reused(exceptions.APIException):
    status_code = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self, refusal: KeyReused) -> None:
        super().__init__(detail=refusal.message, code=refusal.code)


class _Busy(exceptions.APIException):
    status_code = HTTPStatus.CONFLICT
    # Becomes the header Retry-After.
    wait = RETRY_S

    def __init__(self, refusal: InProgress) -> None:
        super().__init__(detail=refusal.message, code=refusal.code)


def idempotent(*, required: bool = True) -> Callable[[View], View]:
    """For a method of an API view. Without `required` the header may be left out.

    409 while the same request is at work, 422 for the key of another request.
    """

    def decorate(method: View) -> View:
        @wraps(method)
        def answer(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
            key = idempotency_key(request)
            if not key:
                if required:
                    raise KeyMissing
                return method(self, request, *args, **kwargs)  # type: ignore[no-any-return]
            try:
                state = claim(
                    scope=_scope(request),
                    key=key,
                    request_hash=request_hash(request, request.data),
                    now=timezone.now(),
                )
            except InProgress as refusal:
                raise _Busy(refusal) from refusal
            except KeyReused as refusal:
                raise _Reused(refusal) from refusal
            if isinstance(state, Replay):
                return Response(
                    state.body["data"],
                    status=state.status,
                    headers={**state.body["headers"], REPLAYED: "true"},
                )
            response: Response = _work(
                state, lambda: method(self, request, *args, **kwargs), _of_api
            )
            return response

        return answer  # type: ignore[return-value]

    return decorate


def idempotent_view(
    view: Callable[..., HttpResponse] | None = None,
    *,
    refuse: Callable[[HttpRequest, DomainError], HttpResponse] | None = None,
) -> Any:
    """For a plain view: the key comes in the header or in a form's field `idempotency_key`.

    Without a key the view runs as it is. refuse: answers InProgress and KeyReused; problem
    details by default. Kept are status, body, Location and HX-Redirect.
    """
    if view is None:
        return lambda found: idempotent_view(found, refuse=refuse)

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            key = _key(request.headers.get(HEADER, "") or request.POST.get(FIELD, ""))
        except KeyInvalid as invalid:
            return _problem(request, 400, invalid.default_code, str(invalid.detail))
        if not key or request.method != "POST":
            return view(request, *args, **kwargs)
        try:
            state = claim(
                scope=_scope(request),
                key=key,
                request_hash=request_hash(request, request.POST),
                now=timezone.now(),
            )
        except (InProgress, KeyReused) as refusal:
            if refuse is not None:
                return refuse(request, refusal)
            status = 422 if isinstance(refusal, KeyReused) else 409
            return _problem(request, status, refusal.code, refusal.message)
        if isinstance(state, Replay):
            return HttpResponse(
                state.body["data"],
                status=state.status,
                headers={**state.body["headers"], REPLAYED: "true"},
            )
        response: HttpResponseBase = _work(
            state, lambda: view(request, *args, **kwargs), _of_page
        )
        return response

    return answer


def idempotency_key(request: Any) -> str:
    """The header's key, unquoted; empty when none was sent. Raises KeyInvalid."""
    return _key(request.headers.get(HEADER, ""))


def request_hash(request: Any, data: Any) -> str:
    """What makes two requests the same: method, address and what was sent, in any order."""
    if isinstance(data, QueryDict):
        skipped = {"csrfmiddlewaretoken", FIELD}
        data = {name: data.getlist(name) for name in data if name not in skipped}
    sent = json.dumps(data, sort_keys=True, default=str)
    whole = f"{request.method}\n{request.get_full_path()}\n{sent}"
    return hashlib.sha256(whole.encode()).hexdigest()


def _work(state: Fresh, work: Callable[[], Any], keep: Callable[[Any], Any]) -> Any:
    try:
        response = work()
    except BaseException:
        release(claim_id=state.claim_id)
        raise
    if response.status_code >= HTTPStatus.BAD_REQUEST:
        release(claim_id=state.claim_id)
        return response
    finish(
        claim_id=state.claim_id,
        status=response.status_code,
        body=keep(response),
        now=timezone.now(),
    )
    return response


def _of_api(response: Response) -> dict[str, Any]:
    data = json.loads(JSONRenderer().render(response.data) or b"null")
    return {"data": data, "headers": _headers(response.headers)}


def _of_page(response: HttpResponse) -> dict[str, Any]:
    text = response.content.decode(response.charset)
    return {"data": text, "headers": _headers(response.headers)}


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    kept = ("Location", "HX-Redirect")
    return {name: headers[name] for name in kept if name in headers}


def _key(sent: str) -> str:
    """Empty when none was sent. Raises KeyInvalid."""
    if not sent:
        return ""
    found = KEY.fullmatch(sent.strip())
    if found is None:
        raise KeyInvalid
    return found[1]


def _scope(request: Any) -> str:
    """One person's keys are not another's; a guest is who holds the session or the cart."""
    if request.user.is_authenticated:
        return f"user:{request.user.pk}"
    cookies = request.COOKIES
    # The token alone: time and signature behind it are others after each change of the cart.
    # Nobody knows another guest's token, so it need not be looked at here.
    cart = cookies.get("cart", "").partition(":")[0]
    who = cart or cookies.get("sessionid") or request.META["REMOTE_ADDR"]
    return f"guest:{hashlib.sha256(who.encode()).hexdigest()}"


def _problem(request: HttpRequest, status: int, code: str, detail: str) -> HttpResponse:
    return JsonResponse(
        {
            "type": "about:blank",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "code": code,
            "detail": detail,
            "instance": request.path,
        },
        status=status,
        content_type=MEDIA_TYPE,
    )
