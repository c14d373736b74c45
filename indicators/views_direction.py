"""What directions read of a month, and the sentences that the quality manager writes for them."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from indicators import briefing, remarks
from indicators.forms import RemarkForm
from indicators.models import Remark
from indicators.periods import month_of, of_month, shifted
from indicators.views import has_begun, month_of_address
from sites import filling
from sites.access import Action, AgentRequest, enter
from sites.asking import asks_first, sent
from sites.filling import Page


@require_safe
def direction_latest(request: AgentRequest, slug: str) -> HttpResponse:
    """The last month that is over."""
    access = enter(request, slug)
    return redirect("direction", slug, f"{shifted(month_of(access.on), -1):%Y-%m}")


@require_safe
def direction(request: AgentRequest, slug: str, month: str) -> HttpResponse:
    """The agent's units in a month, on one sheet: what is red, what is late, then the rest."""
    access = enter(request, slug)
    period = month_of_address(access, month)
    context = {
        "slug": slug,
        "period": period,
        "brief": briefing.of(access, period.first),
        "following": period.next if has_begun(access, period.next) else None,
        "on": access.on,
    }
    return render(request, "indicators/direction.html", context)


@asks_first
def remark(request: AgentRequest, slug: str, month: str) -> HttpResponse:
    """Write the sentences of a month. Who comes second sees both texts and loses neither."""
    access = enter(request, slug, Action.WRITE_FIGURES)
    period = month_of_address(access, month)
    held = remarks.of(access.prefecture, period.first)
    form = RemarkForm(sent(request), initial={"text": held.text, "version": held.version})
    page = Page(
        f"Le mot {of_month(period.first)}",
        "Direction",
        reverse("direction", args=[slug, month]),
        lead="Deux ou trois phrases, lues par les directions et dans le flash info du mois.",
    )

    def write(form: RemarkForm) -> str:
        said = form.cleaned_data
        remarks.write(held, text=said["text"], seen=said["version"], by=request.user)
        return f"Le mot {of_month(period.first)} est enregistré."

    def stands(saved: Remark) -> dict[str, Any]:
        return {"saved": saved, "saved_last": saved.history.latest()}

    return filling.ask(request, page, form, write, template="indicators/remark.html", stands=stands)
