"""Where a model has no number, in words."""

from collections.abc import Sequence

import numpy as np

from jaxmed.models.model import Parameter


def undefined_words(
    parameters: Sequence[Parameter], points: np.ndarray, undefined: np.ndarray
) -> str:
    """Where a model is undefined, such as "g from 1e-09 to 1, mass from 2.1 to 4.9 MeV (3 % of 961 points)".

    Args:
        parameters: whose values they are.
        points: values in the fit's coordinates, (n, n_parameters).
        undefined: which of them are, (n,); empty words if none is.
    """
    if not undefined.any():
        return ""
    ranges = []
    for p, x in zip(parameters, points[undefined].T, strict=True):
        low, high = (p.value(end) for end in (x.min(), x.max()))
        unit = "" if p.unit == "1" else f" {p.unit}"
        ranges.append(f"{p.name} {f'from {low:.3g} to ' if low < high else ''}{high:.3g}{unit}")
    share = f"{100 * undefined.mean():.3g} % of {len(points)} points"
    return f"{', '.join(ranges)} ({share})"
