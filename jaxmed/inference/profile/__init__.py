"""-log L minimised over the nuisances at fixed model parameters: what fits, limits and toys are made of.

`profile` minimises a batch of points and gives each a status; `newton` are its steps inside a box, with value, gradient
and Hessian from `expansion`, and points without hope are known by their `floor`; `scoring` is one quick step of
Fisher's. `slopes` are exact derivatives of the profile, and `polish` takes a fit's last steps, with the Hessian of
everything.
"""
