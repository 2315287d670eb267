from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

# Nothing here takes a tenth of it; a thousand end Python's stack.
MOST_LEVELS = 32


class BoundedJSONParser(JSONParser):
    """Refuses what is nested too deeply for whoever reads it next."""

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        refusal = ParseError(_("This is nested too deeply."))
        try:
            data: Any = super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise refusal from None
        level = [data]
        for _level in range(MOST_LEVELS):
            level = [inner for outer in level for inner in _inside(outer)]
            if not level:
                return data
        raise refusal


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
