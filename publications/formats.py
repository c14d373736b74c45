"""How the frozen text of each format is read today: as the newest one (docs/bilan_versions.md).

The text itself never changes, nor its hash; a format once signed stays readable for ever.
"""

import json
from typing import Any

from publications import richtext

FORMAT = 3

# The content as its JSON text gives it back.
Data = dict[str, Any]


def read(text: str) -> Data:
    """The content of a frozen text, in the shape of the newest format."""
    data: Data = json.loads(text)
    if data["format"] == 1:
        data = _from_1(data)
    return data if data["format"] >= 3 else data | {"complaints": None}


def _from_1(data: Data) -> Data:
    """Plain parts, no reason beside a target or the year before, neither presentations nor erratum."""
    for part in data["parts"]:
        part["html"] = richtext.plain_to_html(part["text"])
    for line in (line for band in data["bands"] for line in band["lines"]):
        for cell in line["cells"]:
            cell["target_reason"] = ""
            if cell["previous"]:
                cell["previous"] |= {"printed_text": "", "reason": ""}
    return data | {"presentations": [], "erratum": None, "perimeter": []}
