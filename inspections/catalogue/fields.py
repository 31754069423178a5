from typing import Any

from django.db import models


class ExactDecimalField(models.DecimalField):
    """A decimal kept exactly as written, trailing zeros too: PostgreSQL's `numeric` without a fixed scale.

    Holds every number the judge takes: at most 30 significant digits, exponent within ±30.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_digits"], kwargs["decimal_places"] = 61, 60
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_digits"], kwargs["decimal_places"]
        return name, path, args, kwargs

    def db_type(self, connection: Any) -> str:
        return "numeric"
