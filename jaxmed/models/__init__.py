"""Models: what a fit varies, its box, and the pure function from its parameters to `Couplings`.

`model` says what a model is, `presets` has those with a name, `from_file` reads the table [model] of a TOML file, its
interactions as `terms` and their couplings parsed by `expressions`, `from_function` takes a Python function, and
`choose` finds the one that is meant. `undefined` says where a model has no number. In go the name of a model and values
of its parameters, out come the `Couplings` of theory/.
"""
