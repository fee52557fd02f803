"""The analysis a command works on: a file, and what the command line changes in it."""

from dataclasses import replace
from pathlib import Path

from jaxmed.analysis.analysis import Analysis, read_analysis
from jaxmed.cli.common import experiment_names
from jaxmed.inference.problem import check_constraints
from jaxmed.inference.regions.grid_scan import axis_values
from jaxmed.models.choose import get_model


def chosen_analysis(
    config: Path,
    model: str | None,
    experiments: str | None,
    constraint: list[str] | None,
) -> Analysis:
    """The file's analysis with another model, other experiments or constraints where they are given.

    Other experiments give it their names.
    """
    analysis = read_analysis(config)
    if model is not None:
        other = get_model(model)
        kept = {
            p.name: analysis.priors[p.name] for p in other.parameters if p.name in analysis.priors
        }
        analysis = replace(analysis, model=other, priors=kept)
    if experiments is not None:
        names = experiment_names(experiments)
        kept = {k: v for k, v in analysis.options.items() if k in names}
        analysis = replace(
            analysis,
            name="_".join(Path(each).name for each in names),
            experiments=names,
            options=kept,
            alternatives={},
            alone=analysis.alone and len(names) > 1,
        )
    chosen = analysis.constraints if constraint is None else tuple(constraint)
    return replace(analysis, constraints=check_constraints(chosen, analysis.model))


def on_grid(analysis: Analysis, **given: str | None) -> Analysis:
    """The analysis with other values of some model parameters for its scan, as text, where they are given."""
    by_name = {p.name: p for p in analysis.model.parameters}
    axes = dict(analysis.scan)
    for name, text in given.items():
        if text is None:
            continue
        if name not in by_name:
            raise ValueError(
                f"{name} = '{text}': model '{analysis.model.name}' has no such parameter"
            )
        axes[name] = axis_values(by_name[name], text, name)
    return replace(analysis, scan=axes)
