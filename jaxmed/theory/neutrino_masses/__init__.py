"""The type-I seesaw: from a mass matrix to light and heavy neutrinos and their mixing (paper, Eqs. 11-12, 17-20).

`seesaw` is what users call, `takagi` its factorisation, `secular` the polynomial of the paper as a check,
`light_neutrinos` the oscillation parameters of the result and `mass_input` what is refused.
"""
