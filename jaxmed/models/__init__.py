"""Models: what a fit varies, its box, and the pure function from its parameters to `Couplings`.

`choose` finds a model by name, file or function; `from_file` reads the table [model] of a TOML file, its couplings
parsed by `expressions`; `from_function` takes a Python function; `undefined` says where a model has no number. In go
the name of a model and values of its parameters, out come the `Couplings` of theory/.
"""
