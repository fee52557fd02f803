"""jaxmed contour."""

from functools import partial

from jaxmed.analysis.analysis import Analysis
from jaxmed.analysis.contours import check_regions, find_contours
from jaxmed.cli import common
from jaxmed.cli.deliver import deliver, of_each_part
from jaxmed.cli.described import FITTED, describes
from jaxmed.results.contours import contours_figure
from jaxmed.results.overlay import Overlay
from jaxmed.results.store import file_stem
from jaxmed.results.style import save


@describes(
    "xenon.toml",
    f"{FITTED} alone scan.g scan.mass cl device",
    cl="Confidence levels, 1 and 2 sigma and 90 % by default: 0.6827,0.9,0.9545.",
)
def contour(analysis: Analysis, curves: tuple[Overlay, ...], to: common.Outputs) -> None:
    """Regions of (M_Z', g') allowed at each confidence level, refined where their edges run."""
    found = of_each_part(
        analysis, check_regions, partial(find_contours, overlays=curves), "Contours of", to
    )
    path = to.out / f"{file_stem('contour', analysis.name)}.json"
    deliver(
        found,
        path,
        to.json,
        lambda: save(contours_figure(found, curves), path.with_suffix("")),
        by_name=True,
    )
