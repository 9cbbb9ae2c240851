"""Runs the cells of a Jupyter notebook in order, and checks that each result can be shown as HTML.

    jupyter.py NOTEBOOK
"""

from __future__ import annotations

import ast
import json
import sys
from typing import Any

import server  # noqa: F401  (makes `import vxdata` work in the cells)


def run(source: str, names: dict[str, Any]) -> Any:
    """Runs a cell, and gives the value of its last expression."""
    tree = ast.parse(source)
    last = tree.body[-1]
    if not isinstance(last, ast.Expr):
        exec(compile(tree, "<cell>", "exec"), names)
        return None
    tree.body.pop()
    exec(compile(tree, "<cell>", "exec"), names)
    return eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        notebook = json.load(file)
    names: dict[str, Any] = {}
    tables = 0
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for cell in cells:
        value = run("".join(cell["source"]), names)
        if hasattr(value, "_repr_html_"):
            tables += "<table" in value._repr_html_()
        elif value is not None:
            print(repr(value))
    print(f"{len(cells)} cells, {tables} tables")


if __name__ == "__main__":
    main()
