"""What agents of the demo report that does not work: invented, in each state."""

import datetime
import tomllib
from typing import Any

from django.db import transaction

from complaints import malfunctions
from complaints.malfunctions import Description, State
from complaints.models import Malfunction
from qualepref.demo.content import HERE
from sheets.words import typeset
from sites.models import Agent, Membership, Prefecture, Unit


@transaction.atomic
def enter(prefecture: Prefecture) -> None:
    """Where something is reported already, what people did with the demo since stays as it is."""
    if Malfunction.objects.filter(prefecture=prefecture).exists():
        return
    today = prefecture.today()
    role = Membership.Role.QUALITY_MANAGER
    manager = Membership.objects.get(prefecture=prefecture, role=role).agent
    for row in tomllib.loads((HERE / "dysfonctionnements.toml").read_text())["malfunction"]:
        said = Description(
            noticed_on=today - datetime.timedelta(days=row["days_ago"]),
            subject=row["subject"],
            text=typeset(row.get("text", "")),
            unit=Unit.objects.get(prefecture=prefecture, name=row["unit"]),
        )
        held = malfunctions.report(prefecture, said, by=Agent.objects.get(email=row["by"]), on=today)
        told: dict[str, Any] = {
            "answer": typeset(row.get("answer", "")),
            "seen": 1,
            "by": manager,
            "on": today,
        }
        match row.get("state"):
            case State.TAKEN:
                malfunctions.take(held, **told)
            case State.SOLVED | State.DROPPED as state:
                malfunctions.close(held, state=state, **told)
