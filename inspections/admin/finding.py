"""How people look for things here: a car by its VIN or the end of it, all else by the number that stands on it."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from ..batches.queries import TAIL, vehicles_by_tail

_MOST = 50


class FindsCars:
    """Mixed into a page whose rows have a car at `car_path` ("pk" where they are cars).

    What ends a VIN finds the rows of those cars by an index; anything else is looked for in `search_fields`.
    """

    car_path = "vehicle"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip().replace("\x00", "")
        if len(term) >= TAIL and term.isalnum():
            cars = [car.pk for car in vehicles_by_tail(term, _MOST)]
            if cars:
                return queryset.filter(**{f"{self.car_path}__in": cars}), False
        found: tuple[QuerySet[Any], bool] = super().get_search_results(request, queryset, term)  # type: ignore[misc]
        return found
