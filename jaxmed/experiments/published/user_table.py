"""Read a user's own recoil spectrum of TEXONO, line by line."""

from pathlib import Path

import numpy as np

from jaxmed.user_files.columns import read_columns

_COLUMNS = ("bin_low_MeV", "bin_high_MeV", "rate", "rate_err")


def read_recoil_spectrum(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Bin edges [MeV] (n + 1,), rate and its error [1/(kg day MeV)] (n,).

    Raises:
        ValueError: missing file, wrong columns, a cell that is no finite number, bins that do not join up, or a
            lower edge or an error that is not positive; the message names file and line.
    """
    table = read_columns(path, _COLUMNS)
    low, high, rate, error = (table[name] for name in _COLUMNS)
    ok = (high > low) & (low > 0) & (error > 0)
    table.require(ok, "bin_high_MeV > bin_low_MeV > 0 and rate_err > 0")
    joined = np.append(True, low[1:] == high[:-1])
    table.require(joined, "bin_low_MeV equal to the bin_high_MeV before")
    return np.append(low, high[-1]), rate, error
