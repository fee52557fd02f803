"""What data say about a model: fits, regions, tests with toys and posteriors, of one `Problem`.

`problem` joins experiments, a model and what is free, `results` is what a fit returns, `sensitivity` what an experiment
should exclude. By what is asked: the nuisances minimised at a point are in profile/, the best fit and its errors in
fit/, asymptotic limits, contours and scans in regions/, pseudo-data and their fits in toys/, what these say
(Feldman-Cousins, significance, expected limits, coverage) in hypothesis/, posteriors in bayes/. engine/ knows batches,
devices and memory and no physics. In go experiments and the name of a model, out come plain numbers with a status each.
"""
