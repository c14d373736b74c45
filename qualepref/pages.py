"""Pages of the installation itself, the same for every préfecture."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from sites.models import Prefecture


@login_not_required
@require_safe
def accessibilite(request: HttpRequest) -> HttpResponse:
    return render(request, "accessibilite.html")


@login_not_required
@require_safe
def legal(request: HttpRequest) -> HttpResponse:
    """Who makes the pages that belong to no préfecture: each préfecture answers for its own."""
    return render(request, "legal.html", {"prefectures": Prefecture.objects.all()})
