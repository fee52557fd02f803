"""Batches, devices and memory: how much runs at a time, where, and how it is compiled. No physics.

`batches` repeats rounds of steps with the unfinished elements of a batch packed together, `devices` spreads batches
over the devices of a process and `processes` over processes, `memory` says how many points fit, `jit` compiles large
programs that run once, `timing` tells how long that took.
"""
