"""HTML of answers, as notebooks show the last value of a cell. Every value is shown as text."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

ROWS_MAX = 20
"""Rows that a table shows; a line below it says that there are more."""
_CELL_MAX = 120
"""Characters of a value that a cell shows."""

_METADATA_OF_HISTORY = ("transaction", "version", "is_deleted", "updated_at")


def _text(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _CELL_MAX else text[: _CELL_MAX - 1] + "…"


def _row(values: Iterable[Any], tag: str = "td") -> str:
    cells = "".join(
        f'<{tag} style="text-align:left">{html.escape(_text(each))}</{tag}>' for each in values
    )
    return f"<tr>{cells}</tr>"


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], note: str = "") -> str:
    """A table with a header, and a note below it."""
    body = "".join(_row(row) for row in rows)
    below = f"<p>{html.escape(note)}</p>" if note else ""
    return f"<table><thead>{_row(columns, 'th')}</thead><tbody>{body}</tbody></table>{below}"


def resources(rows: Sequence[Mapping[str, Any]], has_more: bool) -> str:
    """Resources, a row each; columns are the members that any of them has."""
    shown = rows[:ROWS_MAX]
    columns = list(
        dict.fromkeys(
            name for row in shown for name, value in row.items() if value not in (None, [], {})
        )
    )
    if has_more or len(rows) > ROWS_MAX:
        note = f"The first {len(shown)} resources; there are more."
    else:
        note = f"{len(shown)} resources."
    return table(columns, ([row.get(name) for name in columns] for row in shown), note)


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    names = [
        name
        for name in dict.fromkeys([*before, *after])
        if name not in _METADATA_OF_HISTORY and before.get(name) != after.get(name)
    ]
    return ", ".join(
        f"{name}: {_text(before.get(name)) or '–'} → {_text(after.get(name)) or '–'}"
        for name in names
    )


def history(versions: Sequence[Mapping[str, Any]], addresses: Mapping[str, str]) -> str:
    """Versions with who made them, when, why, and what changed with each.

    ``addresses`` has e-mail addresses by principal, as far as they are known.
    """
    rows = []
    before: Mapping[str, Any] | None = None
    for each in versions:
        made = each.get("transaction") or {}
        what = "" if before is None else _changed(before, each)
        rows.append(
            [
                each.get("version"),
                made.get("instant"),
                made.get("operation"),
                addresses.get(made.get("principal", ""), made.get("principal")),
                made.get("reason"),
                what,
            ]
        )
        before = each
    names = ("version", "instant (UTC)", "operation", "by", "reason", "what changed")
    return table(names, rows, f"{len(rows)} versions.")


def diff(found: Mapping[str, Any]) -> str:
    """What differs between two versions, a row for each path."""
    rows = [
        [each.get("path"), each.get("before"), each.get("after")]
        for each in found.get("changes") or []
    ]
    note = f"{found.get('identifier')}, {found.get('from')} to {found.get('to')}."
    return table(("path", "before", "after"), rows, note)
