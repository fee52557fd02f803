"""How often the standard model alone looks at least as much like a mediator as the data do."""

from collections.abc import Sequence
from typing import Unpack

from jaxmed.analysis.analysis import Analysis, Common, asked
from jaxmed.analysis.progress import Share, running
from jaxmed.experiments import Experiment
from jaxmed.inference.hypothesis.p_values import check_toys
from jaxmed.inference.hypothesis.significance import Significance, check_tested
from jaxmed.inference.hypothesis.significance import significance as tested
from jaxmed.models.model import Choice
from jaxmed.results.significance import TESTS, Method, SignificanceResult

_NUMBER = 10_000


def significance(
    experiments: str | Experiment | Sequence[str | Experiment],
    model: Choice = "u1r",
    *,
    number: int = _NUMBER,
    seed: int = 1,
    progress: bool = False,
    **common: Unpack[Common],
) -> SignificanceResult:
    """Test the standard model against a mediator of any coupling and mass with toys.

    A toy whose fit does not converge stays in the total and counts as more extreme than the data.

    Args:
        experiments: one or several, names or loaded.
        model: a preset name or whatever else makes a model (`get_model`), with a mediator.
        number: of toys, of the standard model and as many of the best fit.
        seed: of the toys: background-only ones are numbers 0 to `number` - 1 of its stream, those of the best fit
            the next ones.
        progress: show a bar.
        **common: what is fixed and free, options of the experiments, and the box (`Common`); constraints are refused.

    Raises:
        ValueError: whatever cannot be: one sentence with what was got and what is expected.
    """
    analysis = Analysis.of(experiments=experiments, model=model, toys=number, seed=seed, **common)
    check_significance(analysis)
    with running(analysis, f"Toys of {analysis.name}", progress) as tick:
        return find_significance(analysis, tick)


def check_significance(analysis: Analysis) -> None:
    """ValueError for what can be refused before any work."""
    check_toys(toys_of(analysis), analysis.seed, analysis.constraints)
    check_tested(analysis.problem)


def toys_of(analysis: Analysis) -> int:
    """How many there are of each truth."""
    return analysis.toys or _NUMBER


def find_significance(analysis: Analysis, tick: Share) -> SignificanceResult:
    """The significance of a checked analysis."""
    number, seed = toys_of(analysis), analysis.seed
    found = tested(
        analysis.data,
        analysis.narrowed,
        number=number,
        seed=seed,
        tick=tick,
        **analysis.settings,
    )
    return significance_result(analysis, found)


def significance_result(analysis: Analysis, found: Significance) -> SignificanceResult:
    """What was found, with what was asked."""
    tested = {"background": found.toys, "local": found.toys_local, "best": found.toys_best}
    return SignificanceResult(
        **asked(analysis),
        method=Method(number=found.toys.q.size, seed=analysis.seed),
        q0=found.q0,
        best=found.best,
        nll_sm=found.nll_sm,
        nll_best=found.nll_best,
        p_values={name: getattr(found, name) for name in TESTS},
        failed={name: each.numbers[each.failed].tolist() for name, each in tested.items()},
        undefined=found.undefined,
        signed=found.signed,
        toys=found.toys,
        toys_local=found.toys_local,
        toys_best=found.toys_best,
    )
