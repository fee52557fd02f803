"""What a measurement says of parameters: ranges, values held fixed, the luminosity."""

from typing import NamedTuple

from jaxmed.interchange.workspace_schema import ParameterKeys

_RANGE = (0.0, 10.0)  # of a normfactor in pyhf


class Floating(NamedTuple):
    """A factor without a constraint.

    Attributes:
        low, high: edges of the nuisance.
        one: whether the factor is 1 + the nuisance, as those are that begin at 1, or the nuisance itself.
    """

    low: float
    high: float
    one: bool


def floating(where: str, setting: ParameterKeys | None, itself: bool) -> Floating | float:
    """A normfactor, or the value that it is held at.

    Args:
        where: channel, sample and modifier, for sentences.
        setting: what the measurement says.
        itself: whether the nuisance is to be the factor itself, if its range has 0.

    Raises:
        ValueError: a range that has neither 0 nor 1.
    """
    start = setting.inits[0] if setting and setting.inits else 1.0
    if setting and setting.fixed:
        return start
    low, high = setting.bounds[0] if setting and setting.bounds else _RANGE
    if not low < high:
        raise ValueError(f"{where}: its bounds are [{low:g}, {high:g}], expected low < high")
    if low <= 0 <= high and (itself or not low <= 1 <= high):
        return Floating(low, high, one=False)
    if not low <= 1 <= high:
        raise ValueError(
            f"{where}: its bounds are [{low:g}, {high:g}], expected 0 or 1 between them"
        )
    return Floating(low - 1, high - 1, one=True)


def lumi(where: str, setting: ParameterKeys | None) -> tuple[float, float]:
    """The luminosity's value and fractional error, 0 where it is held fixed; ValueError without them."""
    if setting is None or not setting.auxdata or not setting.sigmas:
        raise ValueError(
            f"{where}: expected auxdata and sigmas of it among the measurement's parameters"
        )
    if setting.fixed:
        return (setting.inits or setting.auxdata)[0], 0.0
    value, sigma = setting.auxdata[0], setting.sigmas[0]
    if not (value > 0 and 0 < sigma <= value):
        raise ValueError(f"{where}: got {value:g} +- {sigma:g}, expected an error up to the value")
    return value, sigma / value


def held(where: str, setting: ParameterKeys | None, nominal: float) -> bool:
    """Whether a constrained parameter is held at its nominal value.

    Raises:
        ValueError: it is held elsewhere, or its constraint is another than its type's own.
    """
    if setting is None:
        return False
    if setting.sigmas is not None or set(setting.auxdata or [nominal]) != {nominal}:
        raise ValueError(
            f"{where}: got auxdata or sigmas of it, expected the constraint of its type"
        )
    if setting.fixed and set(setting.inits or [nominal]) != {nominal}:
        raise ValueError(f"{where}: it is held at {setting.inits}, expected {nominal:g}")
    return setting.fixed
