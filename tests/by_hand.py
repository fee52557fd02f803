"""The physics of jaxmed once more, in NumPy and SciPy only, for the tests to compare with.

Nothing here imports jaxmed. The rates are the unreduced double integrals over recoil and neutrino energy of
flux x cross section x response: no flux moments, no closed-form smearing, own constants and own table reader.
"""

import csv
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy import special, stats

DATA = Path(__file__).resolve().parents[1] / "data"

G_F, S2, HBARC2 = 1.1663787e-11, 0.23863, 3.8937937e-22  # MeV^-2, 1, MeV^2 cm^2
M_E, M_MU, M_PI, U = 0.51099895, 105.6583755, 139.57039, 931.49410242  # MeV
N_A, DAY, YEAR = 6.02214076e23, 86400.0, 365.25 * 86400.0
FERMI = 1 / 197.3269804  # 1/MeV


@cache
def table(name):
    """Columns of a CSV of data/ by name, floats where all cells are numbers."""
    with (DATA / f"{name}.csv").open() as lines:
        header, *rows = csv.reader(line for line in lines if not line.startswith("#"))
    columns = {}
    for key, cells in zip(header, zip(*rows, strict=True), strict=True):
        try:
            columns[key] = np.array([float(c or "nan") for c in cells])
        except ValueError:
            columns[key] = np.array(cells)
    return columns


def row(name, key, value):
    columns = table(name)
    i = columns[key].tolist().index(value)
    return {k: v[i] for k, v in columns.items()}


def constant(folder, name):
    return float(row(f"{folder}/constants", "name", name)["value"])


def gauss(edges, order):
    """Gauss-Legendre nodes and weights on every interval between sorted edges, flattened."""
    edges = np.unique(edges)
    return (x.ravel() for x in between(edges[:-1], edges[1:], order))


def between(low, high, order):
    x, w = special.roots_legendre(order)
    half = (high - low)[..., None] / 2
    return (low + high)[..., None] / 2 + half * x, half * w


def mixing(name):
    return float(row("oscillations/nufit50", "name", name)["value"])


# --- a mediator: mass, eps of (nu_e, nu_mu, nu_tau), e, u, d -----------------------------------------------


class Mediator(NamedTuple):
    mass: float = 1.0
    nu: tuple = (0.0, 0.0, 0.0)
    e: float = 0.0
    u: float = 0.0
    d: float = 0.0


def u1r(g, mass):
    """The paper's model, preset table of Section 4."""
    return Mediator(
        mass,
        (g / 2,) * 3,
        g * (S2 - 1 / 2),
        g * (1 / 2 - 2 * S2 / 3),
        g * (-1 / 2 + S2 / 3),
    )


def b_minus_l(g, mass):
    return Mediator(mass, (-g,) * 3, -g, g / 3, g / 3)


def universal(g, mass):
    return Mediator(mass, (g,) * 3, g, g, g)


def l_mu_l_tau(g, mass):
    return Mediator(mass, (0.0, g, -g))


MODELS = {"u1r": u1r, "b_minus_l": b_minus_l, "universal": universal, "l_mu_l_tau": l_mu_l_tau}


# --- cross sections [cm^2/MeV], zero beyond the kinematic end ----------------------------------------------


# nu_e, nu_mu, nu_tau on an electron with radiative corrections
G_V, G_A = (0.9521, -0.0397, -0.0353), (0.4938, -0.5062, -0.5062)


def on_electron(t, energy, flavour, mediator, antineutrino=False, tree=False):
    """Paper, Eq. 36: dsigma/dT of a free electron."""
    shift = mediator.nu[flavour] * mediator.e
    shift = shift / (2 * np.sqrt(2) * G_F * (2 * M_E * t + mediator.mass**2))
    isospin = 0.5 if flavour == 0 else -0.5
    g_v, g_a = (isospin + 2 * S2, isospin) if tree else (G_V[flavour], G_A[flavour])
    left, right = (g_v + g_a) / 2 + shift, (g_v - g_a) / 2 + shift
    if antineutrino:
        left, right = right, left
    bracket = left**2 + right**2 * (1 - t / energy) ** 2 - left * right * M_E * t / energy**2
    value = 2 * G_F**2 * M_E / np.pi * bracket * HBARC2
    return np.where(t <= 2 * energy**2 / (2 * energy + M_E), value, 0.0)


def electron_cross_section(mediator, tree=False):
    """`on_electron` as a function of T, E, flavour and whether it is an antineutrino."""
    return lambda t, energy, flavour, bar: on_electron(t, energy, flavour, mediator, bar, tree)


class Isotope(NamedTuple):
    z: int
    n: int
    mass: float
    r_p: float
    r_n: float


CS = Isotope(55, 78, 132.905452 * U - 55 * M_E, 4.804, 4.90)
IODINE = Isotope(53, 74, 126.904472 * U - 53 * M_E, 4.749, 4.85)
AR = Isotope(18, 22, 39.962383 * U - 18 * M_E, 3.448, 3.55)
G_P, G_N = (0.0381, 0.0299), -0.5117  # nu_e, nu_mu; with radiative corrections


def helm(q, rms):
    x = q * FERMI
    return _ball(x * np.sqrt(5 / 3 * (rms**2 - 3 * 0.9**2))) * np.exp(-((0.9 * x) ** 2) / 2)


def klein_nystrand(q, rms):
    x = q * FERMI
    return _ball(x * np.sqrt(5 / 3 * (rms**2 - 6 * 0.7**2))) / (1 + (0.7 * x) ** 2)


def _ball(x):
    x = np.where(x == 0, 1e-9, x)
    return 3 * special.spherical_jn(1, x) / x


def on_nucleus(t, energy, flavour, mediator, nucleus, r_n=None, tree=False, form=helm):
    """Paper, Eqs. 39-40."""
    z, n, mass, r_p, nominal = nucleus
    q = np.sqrt(2 * mass * t)
    z, n = z * form(q, r_p), n * form(q, nominal if r_n is None else r_n)
    g_p, g_n = (0.5 - 2 * S2, -0.5) if tree else (G_P[flavour], G_N)
    quarks = z * (2 * mediator.u + mediator.d) + n * (mediator.u + 2 * mediator.d)
    charge = -2 * (g_p * z + g_n * n)
    charge -= np.sqrt(2) * mediator.nu[flavour] * quarks / (G_F * (q**2 + mediator.mass**2))
    bracket = 1 - t / energy - mass * t / (2 * energy**2) + t**2 / (2 * energy**2)
    value = G_F**2 * mass / (4 * np.pi) * charge**2 * bracket * HBARC2
    return np.where(t <= 2 * energy**2 / (2 * energy + mass), value, 0.0)


# --- fluxes: pieces (knots, density(E)) and lines (E, number), each for one flavour ------------------------


class Beam(NamedTuple):
    """Neutrinos of one flavour: a spectrum between knots, or a line (energy, number)."""

    flavour: int
    antineutrino: bool
    knots: np.ndarray | None
    density: object
    line: tuple | None = None


def integrate(beams, t, mass, cross_section, order=4):
    """Sum over beams of int dE phi(E) dsigma/dT(T, E), at every T: the inner integral as it stands."""
    lowest = (t + np.sqrt(t**2 + 2 * mass * t)) / 2
    total = np.zeros(t.size)
    for beam in beams:
        if beam.line:
            energy, number = beam.line
            total += number * cross_section(t, energy, beam.flavour, beam.antineutrino)
            continue
        high = beam.knots[1:]
        low = np.clip(lowest[:, None], beam.knots[:-1], high)
        energy, weight = between(low, np.broadcast_to(high, low.shape), order)
        # at an empty segment nothing is added, whatever the energy
        energy = np.maximum(energy, 1e-9)
        sigma = cross_section(t[:, None, None], energy, beam.flavour, beam.antineutrino)
        total += (beam.density(energy) * sigma * weight).sum(axis=(1, 2))
    return total


def p_ee(energy, source):
    """Adiabatic LMA-MSW with the second-order correction for the spread of the production zone."""
    s12, s13 = (mixing(f"sin2_theta_{i}") for i in (12, 13))
    matter = row("solar/matter_potential", "source", source)
    cos, sin_squared = 1 - 2 * s12, 4 * s12 * (1 - s12)
    beta = 2e6 * energy * matter["potential"] * (1 - s13) / mixing("delta_m2_21")
    root = np.sqrt((cos - beta) ** 2 + sin_squared)
    spread = 3 / 2 * sin_squared * beta**2 / root**4 * matter["correction"]
    return (1 - s13) ** 2 * (1 / 2 + (1 - spread) * cos * (cos - beta) / root / 2) + s13**2


def fraction(flavour, energy, source):
    s23 = mixing("sin2_theta_23")
    to_others = 1 - p_ee(energy, source)
    return (1 - to_others, to_others * (1 - s23), to_others * s23)[flavour]


def solar_beams():
    """All eight sources of B16-GS98 [cm^-2 s^-1]."""
    beams = []
    for source in ("pp", "hep", "B8", "N13", "O15", "F17"):
        flux = row("solar/fluxes", "source", source)["gs98"]
        spectrum = table(f"solar/spectrum_{source}")
        knots, shape = spectrum["energy"], spectrum["shape"]
        for flavour in range(3):

            def density(e, flux=flux, knots=knots, shape=shape, flavour=flavour, source=source):
                return flux * np.interp(e, knots, shape) * fraction(flavour, e, source)

            beams.append(Beam(flavour, False, knots, density))
    lines = table("solar/lines")
    for source, energy, part in zip(
        lines["source"], lines["energy"], lines["fraction"], strict=True
    ):
        flux = row("solar/fluxes", "source", source)["gs98"] * part
        beams += [
            Beam(f, False, None, None, (energy, flux * fraction(f, energy, source)))
            for f in range(3)
        ]
    return beams


def reactor_beams(total=6.4e12):
    """Mueller's four isotopes, 7.2 neutrinos per fission, above 2 MeV."""
    isotopes = table("texono/fission_fractions")
    rows = table("texono/spectrum_coefficients")

    def density(e):
        per_fission = 0.0
        for isotope, share in zip(isotopes["isotope"], isotopes["fraction"], strict=True):
            i = np.flatnonzero((rows["model"] == "mueller2011") & (rows["isotope"] == isotope))[0]
            a = [rows[f"a{p}"][i] for p in range(6)]
            per_fission = per_fission + share * np.exp(np.polynomial.polynomial.polyval(e, a))
        return total / 7.2 * per_fission

    return [Beam(0, True, np.linspace(2.0, 15.0, 27), density)]


def prompt_beams(number):
    """nu_mu of pi+ -> mu+ nu_mu at rest."""
    return [Beam(1, False, None, None, ((M_PI**2 - M_MU**2) / (2 * M_PI), number))]


def delayed_beams(number):
    """nu_e and nubar_mu of muon decay at rest."""
    knots = np.linspace(0.0, M_MU / 2, 12)

    def electron(e):
        return number * 192 * e**2 / M_MU**3 * (1 / 2 - e / M_MU)

    def muon(e):
        return number * 64 * e**2 / M_MU**3 * (3 / 4 - e / M_MU)

    return [Beam(0, False, knots, electron), Beam(1, True, knots, muon)]


# --- detectors: events per bin -----------------------------------------------------------------------------


def texono_events(mediator, edges, tree=False):
    """Events in bins of recoil energy [MeV] in 29882 kg-days of CsI."""
    targets = N_A * 1e3 / 259.80992 * 108 * 29882 * DAY
    counts = []
    for low, high in pairwise(edges):
        t, w = gauss(np.linspace(low, high, 5), 8)
        rate = integrate(reactor_beams(), t, M_E, electron_cross_section(mediator, tree), 12)
        counts.append(targets * (w @ rate))
    return np.array(counts)


@cache
def xenon_events(mediator, experiment="xenon1t", stepping=True, order=4, tree=False):
    """Events in the 29 bins of 1 keV."""
    shells = table("elements/shells_Xe")
    efficiency = table(f"{experiment}/efficiency")
    targets = N_A * 1e6 / 131.293 * constant(experiment, "exposure") * YEAR
    edges = np.arange(1.0, 31.0)
    ends = [2 * e**2 / (2 * e + M_E) * 1e3 for e in (0.3843, 0.8618, 1.442)]
    grid = np.concatenate(
        [np.geomspace(0.1, 45.0, 40), edges, shells["binding"] / 1e3, ends, np.arange(0.5, 3, 0.1)]
    )
    t, w = gauss(grid[(grid >= 0.1) & (grid <= 45)], order)  # keV
    rate = integrate(solar_beams(), t / 1e3, M_E, electron_cross_section(mediator, tree), 3)
    bound = shells["binding"] / 1e3 if stepping else np.zeros(17)
    electrons = ((t[:, None] > bound) * shells["electrons"]).sum(axis=1)
    sigma = 0.310 * np.sqrt(t) + 0.0037 * t
    per_t = targets * electrons * rate * w / 1e3
    knots, value = efficiency["energy_keV"], efficiency["efficiency"]
    counts = []
    for low, high in pairwise(edges):
        inside = knots[(knots > low) & (knots < high)]
        x, dx = gauss(np.concatenate([np.linspace(low, high, 6), inside]), 5)
        smeared = stats.norm.pdf(x[:, None], t, sigma)
        counts.append((dx * np.interp(x, knots, value)) @ smeared @ per_t)
    return np.array(counts)


class Csi(NamedTuple):
    """One setting of the detector's shape nuisances in sigma."""

    quenching_1: float = 0.0
    quenching_2: float = 0.0
    efficiency: float = 0.0
    onset: float = 0.0
    neutron_radius: float = 0.0


def csi_fluence():
    distance = 100 * constant("coherent_csi", "distance")
    number = constant("coherent_csi", "pot") * constant("coherent_csi", "nu_per_pot")
    return number / (4 * np.pi * distance**2)


def csi_light(t, variant):
    """Electron-equivalent energy [keV] of a nuclear recoil [MeV]."""
    rows = {r: row("coherent_csi/quenching", "variation", r) for r in ("nominal",)}
    rows |= {i: row("coherent_csi/quenching", "variation", f"syst{i}_plus1sigma") for i in (0, 1)}
    total = np.zeros_like(t)
    for power, name in enumerate("abcd", 1):
        c = rows["nominal"][name]
        c0, c1 = (rows[i][name] - rows["nominal"][name] for i in (0, 1))
        total += (c + variant.quenching_1 * c0 + variant.quenching_2 * c1) * t**power
    return 1e3 * total


def csi_efficiency(x, z):
    nominal, plus = (
        row("coherent_csi/efficiency", "variation", r) for r in ("nominal", "plus1sigma")
    )
    a, b, c, d = (nominal[k] + z * (plus[k] - nominal[k]) for k in "abcd")
    return np.clip(a * special.expit(b * (x - c)) + d, 0.0, 1.0)


def csi_time(beam, variant):
    """Share of the neutrinos that arrive, and are accepted, in each of the 11 time bins."""
    arrival, counts = table("coherent_csi/arrival"), table("coherent_csi/counts")
    edges = np.unique([*counts["time_low_us"], *counts["time_high_us"]])
    low, high = (arrival[k] + 0.1 * variant.onset for k in ("low_us", "high_us"))
    when = (low + high) / 2
    accepted = arrival[beam] * np.where(when < 0.52, 1.0, np.exp(-0.0494 * (when - 0.52)))
    shared = []
    for a, b in pairwise(edges):
        overlap = np.maximum(np.minimum(high, b) - np.maximum(low, a), 0.0) / (high - low)
        shared.append(overlap @ accepted)
    return np.array(shared)


def csi_pe(visible, variant, weight):
    """Spread weights at visible energies [keVee] over the 9 photoelectron bins."""
    counts = table("coherent_csi/counts")
    edges = np.unique([counts[f"photoelectrons_{end}_PE"] for end in ("low", "high")])
    mean, k = visible / 0.0749, 1 + 9.56 * visible
    fine = np.arange(0.0, edges[-1] + 0.01, 0.2)
    # the efficiency bends where it leaves zero
    dark = np.linspace(5.0, 9.0, 100001)
    onset = dark[np.argmax(csi_efficiency(dark, variant.efficiency) > 0)]
    counts = []
    for low, high in pairwise(edges):
        x, dx = gauss([low, high, *(f for f in (*fine, onset) if low < f < high)], 4)
        pdf = stats.gamma.pdf(x[:, None], k, scale=mean / k)
        counts.append((dx * csi_efficiency(x, variant.efficiency)) @ pdf @ weight)
    return np.array(counts)


@cache
def csi_events(mediator, variant=None, electrons=True, tree=False, form=helm):
    """Events in the 9 x 11 bins of photoelectrons and time, flattened."""
    variant = variant or Csi()
    molecules = 14.6 * N_A * 1e3 / 259.80992
    total = np.zeros((9, 11))
    for name, beams in (
        ("prompt", prompt_beams(csi_fluence())),
        ("delayed", delayed_beams(csi_fluence())),
    ):
        light = sum(
            _csi_nuclear(mediator, variant, beams, nucleus, tree, form) for nucleus in (CS, IODINE)
        )
        if electrons:
            light = light + _csi_electronic(mediator, variant, beams, tree)
        total += np.outer(molecules * light, csi_time(name, variant))
    return total.ravel()


def _csi_nuclear(mediator, variant, beams, nucleus, tree, form):
    r_n = nucleus.r_n * (1 + 0.05 * variant.neutron_radius)
    ends = [2 * e**2 / (2 * e + nucleus.mass) for e in (29.791, M_MU / 2)]
    line = prompt_beams(1.0)[0].line[0]
    ends.append(2 * line**2 / (2 * line + nucleus.mass))
    t, w = gauss([*np.geomspace(2e-5, 0.048, 36), *ends], 5)

    def sigma(t, e, flavour, _):
        return on_nucleus(t, e, flavour, mediator, nucleus, r_n, tree, form)

    rate = integrate(beams, t, nucleus.mass, sigma)
    return csi_pe(csi_light(t, variant), variant, w * rate)


def _csi_electronic(mediator, variant, beams, tree):
    shells = [table(f"elements/shells_{element}") for element in ("Cs", "I")]
    binding, number = (np.concatenate([s[k] for s in shells]) for k in ("binding", "electrons"))
    binding = binding / 1e6
    t, w = gauss([*np.geomspace(2e-5, 0.030, 48), *binding[(binding > 2e-5) & (binding < 0.03)]], 5)
    electrons = ((t[:, None] > binding) * number).sum(axis=1)
    rate = integrate(beams, t, M_E, electron_cross_section(mediator, tree))
    return csi_pe(t * 1e3, variant, w * rate * electrons)


@cache
def lar_events(mediator, tree=False, form=helm):
    """Events of the bare spectrum in the 12 bins of 10 keVee."""
    distance = 100 * constant("coherent_lar", "distance")
    number = constant("coherent_lar", "pot") * constant("coherent_lar", "nu_per_pot")
    number /= 4 * np.pi * distance**2
    beams = prompt_beams(number) + delayed_beams(number)
    line = beams[0].line[0]
    ends = [2 * e**2 / (2 * e + AR.mass) for e in (line, M_MU / 2)]
    t, w = gauss([*np.geomspace(1e-4, 0.155, 60), *ends], 5)

    def sigma(t, e, flavour, _):
        return on_nucleus(t, e, flavour, mediator, AR, None, tree, form)

    rate = integrate(beams, t, AR.mass, sigma) * w * 24.4 * N_A * 1e3 / 39.948
    visible = (0.246 + 0.00078 * t * 1e3) * t * 1e3
    table_ = table("coherent_lar/efficiency")
    knots, value = table_["energy_keVee"], table_["efficiency"]
    counts = []
    for low in np.arange(0.0, 120.0, 10.0):
        x, dx = gauss([*np.arange(low, low + 10.01, 0.25)], 4)
        smeared = stats.norm.pdf(x[:, None], visible, 0.58 * np.sqrt(visible))
        counts.append((dx * np.interp(x, knots, value)) @ smeared @ rate)
    return np.array(counts)
