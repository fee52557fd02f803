"""How fast jaxmed is, beside the tools one would otherwise use, timed in the same run."""
