"""Runs the Python cells of a page in order, as a notebook would, and compares what they show.

    notebook.py PAGE [--write]

A cell is a block of code marked `python`; the block marked `text` right after it is what the cell
shows: what it prints, and the value of its last expression. Instants and random identifiers may
differ. A cell that asks for a package which is not installed is skipped. `--write` puts what was
shown into the page instead of comparing it.
"""

from __future__ import annotations

import ast
import contextlib
import difflib
import io
import pprint
import re
import sys
from typing import Any

import server  # noqa: F401  (makes `import vxdata` work in the cells)

OPTIONAL = {"pandas", "duckdb"}
CELL = re.compile(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)
CHANGING = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)"), "<instant>"),
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "<uuid>"),
)


def show(value: Any) -> None:
    """Prints a value as notebooks do."""
    text = value if isinstance(value, str) else None
    print(repr(text) if text is not None else pprint.pformat(value, width=96, sort_dicts=False))


def run(source: str, names: dict[str, Any]) -> str:
    """Runs a cell, and gives what it shows."""
    tree = ast.parse(source)
    last = tree.body[-1]
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        if isinstance(last, ast.Expr):
            tree.body.pop()
        exec(compile(tree, "<cell>", "exec"), names)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)
            if value is not None:
                show(value)
    return shown.getvalue()


def lasting(text: str) -> str:
    """A text without what differs from run to run."""
    for pattern, word in CHANGING:
        text = pattern.sub(word, text)
    return text


def run_page(page: str, write: bool) -> tuple[str, list[str]]:
    """Runs all cells: the page with what they showed, and a note of each."""
    names: dict[str, Any] = {}
    notes: list[str] = []

    def cell(match: re.Match[str]) -> str:
        source, expected = match.group(1), match.group(2) or ""
        try:
            shown = run(source, names)
        except ModuleNotFoundError as error:
            if error.name not in OPTIONAL:
                raise
            notes.append(f"skipped: {error.name} is not installed")
            return match.group(0)
        notes.append("as shown")
        if lasting(shown) == lasting(expected):
            return match.group(0)
        if not write:
            lines = difflib.ndiff(lasting(expected).splitlines(), lasting(shown).splitlines())
            raise SystemExit("\n".join(["This cell shows something else:", source, *lines]))
        output = f"\n```text\n{shown}```\n" if shown else ""
        return f"```python\n{source}```\n{output}"

    return CELL.sub(cell, page), notes


def main() -> None:
    path, *rest = sys.argv[1:]
    write = rest == ["--write"]
    with open(path, encoding="utf-8") as file:
        page = file.read()
    written, notes = run_page(page, write)
    if write:
        with open(path, "w", encoding="utf-8") as file:
            file.write(written)
    print(f"{notes.count('as shown')} cells as shown")
    for note in notes:
        if note != "as shown":
            print(note)


if __name__ == "__main__":
    main()
