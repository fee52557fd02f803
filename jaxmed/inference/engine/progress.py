"""How long work reports how far it has come."""

from collections.abc import Callable

Tick = Callable[[float], None] | None
"""Called with the share of the work done since the last call; None for silence."""


def advance(tick: Tick, share: float) -> None:
    """Report a share of the work, if anybody listens."""
    if tick:
        tick(share)
