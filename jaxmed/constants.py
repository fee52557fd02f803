"""Physical constants, in natural units with energies in MeV.

Values are those of the Particle Data Group review (2020, the edition the paper uses) and CODATA 2018;
each line says what it is. Nothing here depends on a fit.
"""

# (hbar c)^2 [MeV^2 cm^2]: turns a cross section in MeV^-2 into cm^2.
HBARC2 = 3.8937937e-22

# Fermi constant [MeV^-2].
G_F = 1.1663787e-11

# Weak mixing angle at low momentum transfer (MS-bar running to Q^2 -> 0), used by all low-energy scattering. The
# running of arXiv:1808.10202 gives 0.23857 +- 0.00005: limits differ by 0.02 %.
SIN2_THETA_W = 0.23863

# Masses [MeV].
M_E = 0.51099895
M_MU = 105.6583755
M_TAU = 1776.86
M_PI = 139.57039
M_Z = 91187.6
M_W = 80379.0
M_PROTON = 938.27208816
M_NEUTRON = 939.56542052
ATOMIC_MASS_UNIT = 931.49410242

# Light quarks, MS-bar at 2 GeV [MeV].
M_U = 2.16
M_D = 4.67

# Total width of the Z [MeV].
GAMMA_Z = 2495.2

# SU(2)_L x U(1)_Y: vacuum expectation value (sqrt(2) G_F)^(-1/2) [MeV] and g_Z = 2 M_Z / v.
VEV = 246219.65
G_Z = 2.0 * M_Z / VEV

# Fine-structure constant at zero momentum transfer.
ALPHA = 7.2973525693e-3

# Avogadro constant [1/mol], seconds in a day, and a year of 365.25 days in days.
N_AVOGADRO = 6.02214076e23
SECONDS_PER_DAY = 86400.0
DAYS_PER_YEAR = 365.25
