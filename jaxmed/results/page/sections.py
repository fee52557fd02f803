"""Sections of the page between the exclusion plot and the sources, in their order."""

from collections.abc import Callable, Iterator, Sequence

from jaxmed.results.page.blocks import Part, Section
from jaxmed.results.page.fits import fits, spectra, spectrum
from jaxmed.results.page.posteriors import posteriors
from jaxmed.results.page.scans import scan, significance, toys
from jaxmed.results.page.sensitivities import ranking, sensitivity
from jaxmed.results.saved import Saved, understanding

_FITS = (
    "Pulls are nuisances at the best fit, with their errors, in standard deviations of their constraints; grey: one "
    "and two. Correlations of what has an error: orange-red is positive, blue negative, full colour ±1."
)
_POSTERIORS = (
    "Medians with equal-tailed 68 % and 90 % intervals; nuisances in standard deviations of their constraints. R-hat "
    "compares the chains, 1 is best; ESS is how many independent samples these are worth."
)
_SPECTRA = "Residuals: data less the prediction with the mediator, over their error."
_RANKING = "Change of the limit on g′ if the auxiliary measurement of a nuisance were one standard deviation higher."
_SENSITIVITY = (
    "How far the expected limit on g′ falls if a property becomes 10 % better, most useful first; a negative number: "
    "the limit grows."
)
_SECTIONS: dict[Section, dict[str, Callable[[Saved], Iterator[Part]]]] = {
    Section("Best fits and pulls", "fits", _FITS): {"fits": fits},
    Section("Posteriors", "posteriors", _POSTERIORS): {"posterior": posteriors},
    Section("Scans", "scans"): {"scan": scan},
    Section("Nuisances that move a limit", "ranking", _RANKING): {"limit": ranking},
    Section("What would improve a limit", "sensitivity", _SENSITIVITY): {
        "sensitivity": sensitivity
    },
    Section("Significance", "significance"): {"significance": significance, "toys": toys},
    Section("Spectra", "spectra", _SPECTRA): {"spectrum": spectrum, "fits": spectra},
}


def sections(results: Sequence[Saved]) -> dict[Section, list[Part]]:
    """What there is to show, section by section; one without parts is left out.

    Raises:
        ValueError: a file whose content jaxmed does not write.
    """
    found: dict[Section, list[Part]] = {}
    for section, readers in _SECTIONS.items():
        for saved in results:
            if saved.kind in readers:
                with understanding(saved):
                    parts = list(readers[saved.kind](saved))
                found.setdefault(section, []).extend(parts)
    return {section: parts for section, parts in found.items() if parts}
