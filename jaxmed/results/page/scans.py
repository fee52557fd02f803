"""Scans that are no plane, and significances from toys."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from jaxmed.results.page import figures
from jaxmed.results.page.blocks import Part, numbers_csv, quantity
from jaxmed.results.page.layer import who
from jaxmed.results.page.svg import drawing
from jaxmed.results.saved import Saved


def scan(saved: Saved) -> Iterator[Part]:
    """A scan along one parameter, or the numbers of one along several; a plane is in the exclusion plot."""
    axes = saved.content["axes"]
    values = {axis["name"]: saved.arrays[axis["array"]] for axis in axes}
    wide = [axis for axis in axes if values[axis["name"]].size > 1]
    if [axis["name"] for axis in wide] == ["g", "mass"] and len(axes) == 2:
        return
    held = [quantity(n, v[0]) for n, v in values.items() if v.size == 1]
    title = ", ".join([who(saved.content), *held])
    nll = saved.arrays["nll"].ravel()
    columns = [*(c.ravel() for c in np.meshgrid(*values.values(), indexing="ij")), nll]
    rows = list(zip(*(column.tolist() for column in columns), strict=True))
    table = numbers_csv(f"{saved.path.stem}_points", (*values, "nll"), rows)
    if len(wide) == 1 and np.isfinite(nll).any():
        content = wide[0], values[wide[0]["name"]], 2 * (nll - np.nanmin(nll))
        curve = drawing(title, saved.path.stem, figures.curve_figure, *content, csv=table)
        yield Part(drawings=[curve])
    else:
        yield Part(title, downloads=[table])


def significance(saved: Saved) -> Iterator[Part]:
    """P-values of every test."""
    tests = saved.content["p_values"].items()
    yield Part(
        title=who(saved.content),
        head=("test", "p-value", "standard deviations"),
        rows=[
            (
                n.replace("_", " "),
                p_value(saved.content, p),
                "" if p["z"] is None else f"{p['z']:.2f}",
            )
            for n, p in tests
        ],
    )


def toys(saved: Saved) -> Iterator[Part]:
    """The toys behind them."""
    name, content = f"{saved.path.stem}_toys", saved.content
    if "q0" in content:
        data = saved.arrays["q"], float(content["q0"])
        yield Part(drawings=[drawing(f"{who(content)}: toys", name, figures.toys_figure, *data)])


def p_value(content: Mapping[str, Any], p: Mapping[str, Any]) -> str:
    """A p-value with its error; a bound where no toy is as extreme as the data, which count as one."""
    toys = content["method"]["number"]
    if p["error"] and p["value"] * (toys + 1) < 1.5:
        return f"below {1 / toys:.1g}, none of {toys} toys"
    error = f" ± {p['error']:.1g}" if p["error"] else ""
    return f"{p['value']:.3g}{error}"
