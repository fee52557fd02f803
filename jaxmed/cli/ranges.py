"""Numbers on the command line: a list, or a logarithmic range."""

import numpy as np


def values(name: str, text: str) -> np.ndarray:
    """Numbers (n,) from 'a,b,c' or 'low:high:number'; ValueError naming the option otherwise."""
    expected = "expected numbers like 0.01,1,10 or low:high:number like 1e-3:1e3:61"
    try:
        if ":" not in text:
            return np.array([float(part) for part in text.split(",")])
        low, high, number = text.split(":")
        start, end, count = float(low), float(high), int(number)
    except ValueError:
        raise ValueError(f"{name} = '{text}': {expected}") from None
    if not (0 < start < end < float("inf") and count >= 2):
        raise ValueError(
            f"{name} = '{text}': {expected}, with 0 < low < high and number at least 2"
        )
    return np.geomspace(start, end, count)
