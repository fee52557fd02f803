"""The paper's equations and the cross sections, as pure functions of scalars that the caller vmaps; each once.

`charges` and `gauge` say what U(1)_X and its mixing with the Z of `electroweak` do, `currents` and `couplings` turn
that into what scattering sees: `Couplings`. `amplitudes` are those of what neutrinos scatter off, `scattering` has the
cross sections for neutrinos on electrons and on nuclei and `helicity_flip` those of scalars, tensors and magnetic
moments; `structures` are all interactions by name. `form_factors` are the nuclei, `rho` and `single_energy_bounds` the
paper's own constraints, `neutrino_masses` the seesaw. In go numbers in natural units (energies in MeV), out come
numbers; README.md lists which equation is where.
"""
