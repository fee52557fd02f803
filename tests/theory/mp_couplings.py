"""Couplings as scattering sees them, from the 80-digit rotation and the exchange of Z and Z'."""

import mpmath as mp
from eighty_digits import COS_W, G_Z, M_Z0, SIN2, SIN_W, from_mass

THIRD = mp.mpf(1) / 3
# (T3, Y) of the chiral fermions, from a textbook.
FIELDS = {
    "nu_l": (0.5, -1),
    "e_l": (-0.5, -1),
    "e_r": (0, -2),
    "u_l": (0.5, THIRD),
    "u_r": (0, 4 * THIRD),
    "d_l": (-0.5, THIRD),
    "d_r": (0, -2 * THIRD),
}


def charges_of(x_q, x_l, x_h):
    doublet = {"nu_l": x_l, "e_l": x_l, "e_r": x_l - x_h}
    return doublet | {"u_l": x_q, "u_r": x_q + x_h, "d_l": x_q, "d_r": x_q - x_h}


def chiral(row, g_prime, assignment):
    """Couplings of one physical field (Eq. 27)."""
    b, w3, c = row
    x = charges_of(*map(mp.mpf, assignment))
    return {
        name: b * G_Z * SIN_W * y / 2 + w3 * G_Z * COS_W * t3 + c * mp.mpf(g_prime) * x[name] / 2
        for name, (t3, y) in FIELDS.items()
    }


def neutral_current():
    """T3 - Q s_W^2 of the chiral fermions."""
    return {name: t3 - (t3 + mp.mpf(y) / 2) * SIN2 for name, (t3, y) in FIELDS.items()}


def couplings(g_prime, mass, assignment):
    """The numbers of `Couplings` by name; None where no vacuum has this mass."""
    bosons = from_mass(g_prime, mass, assignment[2], 1)
    if bosons is None:
        return None
    z, zp = (chiral(bosons.rows[i], g_prime, assignment) for i in (1, 2))
    unit = G_Z**2 / (2 * M_Z0**2)  # 2 sqrt2 G_F
    sm = neutral_current()
    shift = {f: z["nu_l"] * z[f] / bosons.z**2 / unit - sm[f] for f in FIELDS}
    return {
        "eps_nu": zp["nu_l"],
        "eps_e": (zp["e_l"] + zp["e_r"]) / 2,
        "eps_u": (zp["u_l"] + zp["u_r"]) / 2,
        "eps_d": (zp["d_l"] + zp["d_r"]) / 2,
        "axial_e": (zp["e_l"] - zp["e_r"]) / 2,
        "nc_e_left": shift["e_l"],
        "nc_e_right": shift["e_r"],
        "nc_u": shift["u_l"] + shift["u_r"],
        "nc_d": shift["d_l"] + shift["d_r"],
        "m_z": bosons.z,
    }


def contact(g_prime, mass, assignment):
    """Exchange of the (Z0, C) pair at q^2 = 0 over 2 sqrt2 G_F, by inverting the mass matrix."""
    bosons = from_mass(g_prime, mass, assignment[2], 1)
    t = mp.mpf(g_prime) * mp.mpf(assignment[2]) / G_Z
    s = (mp.mpf(g_prime) * bosons.v_s / (2 * M_Z0)) ** 2
    inverse = mp.matrix([[1, -t], [-t, t**2 + s]]) ** -1 / M_Z0**2
    sm, x = neutral_current(), charges_of(*map(mp.mpf, assignment))
    current = {f: mp.matrix([G_Z * sm[f], mp.mpf(g_prime) * x[f] / 2]) for f in FIELDS}
    unit = G_Z**2 / (2 * M_Z0**2)
    return {f: (current["nu_l"].T * inverse * current[f])[0] / unit for f in FIELDS}
