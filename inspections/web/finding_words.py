"""What a file says otherwise than the plan that judged it, in words. The plan alone judges."""

from __future__ import annotations

from django.utils.translation import gettext as _


def finding_text(code: str, of_file: str, of_plan: str) -> str:
    """One finding by its code, with what the file and the plan say."""
    words = {
        "unit_differs": _("The file states the unit %(file)s, the plan %(plan)s."),
        "comparator_differs": _("The file compares otherwise: %(file)s; the plan asks %(plan)s."),
        "limit_differs": _("The file has other limits: %(file)s; the plan asks %(plan)s."),
        "limits_unparsed": _("The limits of the file cannot be read (%(file)s); the plan asks %(plan)s."),
    }.get(code)
    said = {"file": of_file, "plan": of_plan}
    return code.replace("_", " ") if words is None else words % said
