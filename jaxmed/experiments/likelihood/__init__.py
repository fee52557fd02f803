"""One forward model and one likelihood for every experiment.

`forward` turns couplings and nuisances into expected counts, by the `yields` of each component with their exact
derivatives and the `interpolation` between the nodes of a shape variation; `nll` compares them with data. `templates`
are the signal as a few templates per mediator mass and `signal_jet` its derivatives from them, for toys, of which
`condensed` is what an experiment's evaluations share; `pulls` is the vector of nuisances with names.
"""
