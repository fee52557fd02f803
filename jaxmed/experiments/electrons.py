"""The electrons of a detector and their couplings to neutrinos."""

import numpy as np

from jaxmed.data_tables import cite
from jaxmed.theory.amplitudes import TREE_ELECTRON, Electron
from jaxmed.user_files.keys import unknown

# (g_V, g_A) of nu_e, nu_mu, nu_tau with one-loop corrections at vanishing recoil: Atzori Corona et al.,
# Phys. Rev. D 107 (2023) 053001, and Giunti et al., arXiv:2411.03122.
_G_V, _G_A = np.array([0.9521, -0.0397, -0.0353]), np.array([0.4938, -0.5062, -0.5062])
_CITED = ("AtzoriCorona:2022lz", "Giunti:2024em")

ELECTRON_COUPLINGS = {
    "corrected": Electron((_G_V + _G_A) / 2, (_G_V - _G_A) / 2),
    "tree": TREE_ELECTRON,
}
"""The electron with radiative corrections, and at tree level, as in the paper."""


def electron(couplings: str) -> Electron:
    """The electron with 'corrected' or 'tree' couplings; ValueError for another name."""
    if couplings not in ELECTRON_COUPLINGS:
        raise ValueError(unknown("electron couplings", couplings, ELECTRON_COUPLINGS))
    if couplings == "corrected":
        cite(*_CITED)
    return ELECTRON_COUPLINGS[couplings]
