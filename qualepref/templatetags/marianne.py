"""The State's brand block, as its charter lays it out."""

import re

from django import template
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

LINE = 14  # characters: « des Bouches- » then « du-Rhône »


@register.filter
def on_lines(title: str) -> SafeString:
    """« Préfet des Bouches-du-Rhône » → Préfet ⏎ des Bouches- ⏎ du-Rhône."""
    first, *rest = re.findall(r"[^\s-]+-?\s?", title)
    lines = [first, ""]
    for word in rest:
        if lines[-1] and len((lines[-1] + word).rstrip()) > LINE:
            lines.append("")
        lines[-1] += word
    return mark_safe("<br>".join(conditional_escape(line.strip()) for line in lines if line))  # noqa: S308
