"""From a description to an Experiment: folded on recoil energies, at every node of every nuisance."""
