"""The best fit and its errors.

`best_fit` is the whole of it: starts from a profiled scan, `lbfgs` from all of them at once, then Newton's method.
`errors` come from the Hessian, which also has the directions along which a fit is flat and an error means nothing.
"""
