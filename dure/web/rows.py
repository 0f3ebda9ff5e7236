"""The rows of the member list as HTML, written by hand: the one table that is drawn at every key (docs/adr/0014).

Every value goes through ``escape``; a test puts markup into each of them.
"""

from functools import lru_cache
from html import escape
from typing import Any

from django.utils.safestring import SafeString, mark_safe

OURS = frozenset({"mark", "state_label", "role_label", "lang", "joined", "current"})
"""What is the same in many rows and about nobody, so that it is escaped once and kept."""
_known = lru_cache(2048)(escape)


def drawn(rows: list[dict[str, Any]]) -> SafeString:
    """Return the ``<tr>`` elements of these rows."""
    return mark_safe("\n".join(map(_row, rows)))  # noqa: S308 - each value is escaped below


def _row(row: dict[str, Any]) -> str:
    safe = {name: _known(str(value)) if name in OURS else escape(str(value)) for name, value in row.items()}
    current = ' aria-current="true"' if row["current"] else ""
    face = f'<img src="{safe["photo_url"]}" alt="" loading="lazy">' if row["photo_url"] else safe["avatar"]
    role = f'<span class="tag" data-tone="accent">{safe["role_label"]}</span>' if row["role_label"] else ""
    why = f"<br><small>{safe['why']}</small>" if row["why"] else ""
    return (
        f'<tr{current}><td class="pick"><label><input class="check" type="checkbox" name="member" value="{safe["uid"]}"'
        f' aria-label="{safe["name"]}"></label></td>'
        f'<td><span class="person"><span class="avatar" lang="{safe["lang"]}" aria-hidden="true">{face}</span>'
        f'<span><a href="{safe["url"]}"><b lang="{safe["lang"]}">{safe["name"]}</b></a>'
        f"<small>{safe['id_local']}<wbr>@{safe['id_domain']}</small></span></span></td>"
        f'<td class="at-medium">{role}</td>'
        f'<td><span class="state" data-state="{safe["mark"]}">{safe["state_label"]}</span></td>'
        f'<td class="at-wide at-medium secondary">{safe["joined"]}</td>'
        f'<td class="at-wide at-medium secondary">{safe["note"]}{why}</td></tr>'
    )
