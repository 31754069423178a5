"""Who the operators are that rigs name: those whom nobody knows keep their cars."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from inspections.results.operators import (
    MAY_MAP,
    OperatorRefused,
    UnknownOperator,
    known_operators,
    map_operator,
    unknown_operators,
)

from ..access import actor_of, may, moment_of, who_may
from ..exporting import of_people
from ..exporting.answering import exports
from ..forms.releases import OperatorForm


@require_http_methods(["GET", "HEAD", "POST"])
@exports(unknown=of_people.unknown, known=of_people.known)
def operators(request: HttpRequest) -> HttpResponse:
    """Unknown operators with how many cars they keep. POST says who one is, once and for all."""
    actor, at = actor_of(request), moment_of(request)
    form, status = OperatorForm(initial={"operator": request.GET.get("operator", "")[:64]}), 200
    if request.method == "POST":
        actor.require("mapping an operator", *MAY_MAP)
        form, status = OperatorForm(request.POST), 422
        if form.is_valid():
            data = form.cleaned_data
            try:
                map_operator(operator=data["operator"], user=data["person"], actor=actor, at=at)
            except OperatorRefused as refused:
                form.add_error("operator", str(refused))
                status = 409
            else:
                said = {"operator": data["operator"], "person": data["person"]}
                messages.success(request, _("Operator %(operator)s is %(person)s.") % said)
                return HttpResponseRedirect(reverse("web:operators"))
    found = unknown_operators()
    context = {
        "heading": _heading(found),
        "unknown": found,
        "known": known_operators(),
        "form": form,
        "may_act": may(actor, MAY_MAP),
        "who_may": who_may(MAY_MAP, actor),
        "title_block": [{"label": "Interlock", "value": _("Operators")}],
    }
    return render(request, "inspections/releases/operators.html", context, status=status)


def _heading(found: list[UnknownOperator]) -> str:
    if not found:
        return _("Every operator is somebody we know")
    words = ngettext(
        "%(count)d operator is nobody we know and keeps cars",
        "%(count)d operators are nobody we know and keep cars",
        len(found),
    )
    return words % {"count": len(found)}
