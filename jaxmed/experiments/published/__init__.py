"""The data sets that come with jaxmed: TEXONO, COHERENT's CsI and LAr, XENON1T and XENONnT.

One file for each, from the tables of data/ to an Experiment; `nuclei`, `exposure` and `standard` are
shared.
"""
