"""Lists by cursor: newest first, by the number a row got when it was recorded: no page shifts under a reader."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from rest_framework import serializers

from ..results.refusals import FieldError
from .problems import Refused, field_errors
from .serializers.fields import StrictField, StrictSerializer

PAGE: Final = 100
LARGEST_PAGE: Final = 500
CURSOR_PATTERN: Final = "^[1-9][0-9]{0,17}$"


class Limit(StrictField):
    """A number of rows, as an address holds it: `usual` where none is stated, at most `most`."""

    default_error_messages = {"range": "Expected a whole number from 1 to {most}."}

    def __init__(self, usual: int = PAGE, most: int = LARGEST_PAGE) -> None:
        super().__init__(default=usual, help_text="Rows a page.")
        self.usual, self.most = usual, most

    def to_internal_value(self, data: Any) -> int:
        text = str(data)
        if not (text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= self.most):
            self.fail("range", most=self.most)
        return int(text)

    @property
    def json_schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": 1, "maximum": self.most}


class Cursor(StrictField):
    """Where the page before ended: the number of its last row."""

    default_error_messages = {"unknown": "This is no cursor of ours: take it from `next`, or leave it out."}
    _form = re.compile(CURSOR_PATTERN)

    def to_internal_value(self, data: Any) -> int:
        if not self._form.fullmatch(str(data)):
            self.fail("unknown")
        return int(data)

    @property
    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": CURSOR_PATTERN}


class PageParameters(StrictSerializer):
    """The parameters of every list."""

    cursor = Cursor(required=False, help_text="Where the page before ended: take it from `next`.")
    limit = Limit()


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list as it is answered."""

    results: Sequence[Any]
    next: str | None

    def content(self) -> dict[str, Any]:
        return {"next": self.next, "results": self.results}


def read_parameters(request: HttpRequest, form: type[StrictSerializer]) -> dict[str, Any]:
    """The parameters of an address, checked. Raises Refused (400) that names each which is unknown, twice or wrong."""
    repeated = [name for name, values in request.GET.lists() if len(values) > 1]
    serializer = form(data=request.GET.dict())
    errors = [FieldError(f"?{name}", "repeated", "The parameter stands twice; state it once.") for name in repeated]
    if not serializer.is_valid():
        found = field_errors(serializer.errors)
        errors += [FieldError("?" + error.pointer.removeprefix("/"), error.code, error.detail) for error in found]
    if errors:
        said = "One parameter" if len(errors) == 1 else f"{len(errors)} parameters"
        raise Refused(400, "invalid", f"{said} of the address cannot be used.", errors[:100])
    checked: dict[str, Any] = serializer.validated_data
    return checked


def page_of(
    rows: QuerySet[Any],
    parameters: dict[str, Any],
    request: HttpRequest,
    show: Callable[[Sequence[Model]], Sequence[Any]],
) -> Page:
    """The page of `rows` that the parameters ask for, newest first; `show` makes what is answered of its rows.

    `next` is the address of the following page, null on the last one.
    """
    limit: int = parameters["limit"]
    if "cursor" in parameters:
        rows = rows.filter(pk__lt=parameters["cursor"])
    found = list(rows.order_by("-pk")[: limit + 1])
    following = None
    if len(found) > limit:
        found = found[:limit]
        address = request.GET.copy()
        address["cursor"] = str(found[-1].pk)
        following = f"{request.path}?{address.urlencode()}"
    return Page(show(found), following)


def page_schema(name: str, child: type[serializers.Serializer[Any]]) -> type[serializers.Serializer[Any]]:
    """The shape of a page of `child`, for the OpenAPI document."""
    members = {
        "next": serializers.CharField(
            allow_null=True, help_text="The address of the following page, null on the last."
        ),
        "results": child(many=True),
    }
    return type(name, (serializers.Serializer,), members)
