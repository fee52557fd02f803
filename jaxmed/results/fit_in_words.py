"""What a fit means that ends at a bound or in a flat direction, in a few sentences."""

from collections.abc import Mapping, Sequence

from jaxmed.inference.results import BestFit, Estimate

LABELS = {"g": "g'", "mass": "M_Z'", "sin2_theta_w": "sin2 theta_W"}
UNITS = {"mass": "MeV"}
_ALIKE = 0.2  # how far the slope of a direction may be from that of a contact interaction


def explain(result: BestFit) -> list[str]:
    """Where parameters have no error, why, and whether the data want a mediator; empty if all is well."""
    undetermined = {n: e for n, e in result.parameters.items() if e.note}
    found = [f"{LABELS.get(n, n)} is {e.note}." for n, e in undetermined.items()]
    if undetermined:
        found += _flat_direction(result.flat_directions, result.parameters)
    if not result.prefers_mediator:
        found.append(
            f"The standard model is {max(result.delta_chi2_sm, 0):.2f} units of -2 log L worse: the data ask for no "
            "mediator, and jaxmed limit says what they exclude."
        )
    if result.undefined:
        found.append(
            f"The model is undefined for {result.undefined}: no best fit is looked for there, and nothing there is "
            "excluded or allowed."
        )
    found += [
        f"The pull of {name} is {e.note} standard deviations: the data contradict its error."
        for name, e in result.pulls.items()
        if e.at_bound
    ]
    floating = {each.name: result.nuisances[each.name] for each in result.floating}
    found += [f"{name} is {e.note}." for name, e in floating.items() if e.note]
    return found


def _flat_direction(
    flat_directions: Sequence[Mapping[str, float]], parameters: Mapping[str, Estimate]
) -> list[str]:
    """Why -log L is flat there."""
    if not flat_directions:
        return []
    if len(flat_directions) > 1:
        return [
            f"-log L changes with neither {' nor '.join(map(_label, _involved(flat_directions)))}."
        ]
    (direction,) = flat_directions
    if set(direction) == {"mass"}:
        return ["A mediator lighter than the momenta transferred looks massless: only g' matters."]
    if set(direction) == {"g", "mass"}:
        power = direction["g"] / direction["mass"]
        if abs(power - 1) < _ALIKE:
            ratio = parameters["g"].value / parameters["mass"].value
            return [
                "A mediator heavier than the momenta transferred is a contact interaction: only "
                f"g'/M_Z' = {ratio:.3g} per MeV matters."
            ]
        return [f"-log L hardly changes along g' proportional to M_Z'^{power:.2g}."]
    along = " and ".join(map(_label, direction))
    if len(direction) == 1:
        return [f"-log L hardly changes with {along}."]
    return [f"-log L hardly changes along one direction of {along}."]


def _involved(flat_directions: Sequence[Mapping[str, float]]) -> list[str]:
    return list(dict.fromkeys(name for direction in flat_directions for name in direction))


def _label(name: str) -> str:
    return LABELS.get(name, name)
