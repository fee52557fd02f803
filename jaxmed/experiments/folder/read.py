"""Read and check the whole folder of a user's experiment, before anything is computed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jaxmed.experiments.folder.data import (
    Background,
    ObservedBins,
    Signal,
    read_backgrounds,
    read_data,
    read_signal,
)
from jaxmed.experiments.folder.detector import Response, read_response
from jaxmed.experiments.folder.neutrinos import read_flux
from jaxmed.experiments.folder.source import MAIN, Source
from jaxmed.experiments.folder.target import Target, read_target
from jaxmed.flux.spectrum import Flux
from jaxmed.user_files import keys

STATUS = ("measurement", "projection", "template")
_SECTIONS = ("target", "flux", "response", "data", "signal", "background")


@dataclass(frozen=True)
class Description:
    """A user's experiment as its folder describes it.

    Attributes:
        folder: where it stands.
        name, title, about: short name, name for figures, and where the numbers come from.
        status: a measurement, a projection, or a template with placeholders.
        target, flux, response, data, signal, backgrounds: what the tables of experiment.toml say.
        notes: (file, what was found in it).
    """

    folder: Path
    name: str
    title: str
    about: str
    status: str
    target: Target
    flux: Flux
    response: Response
    data: ObservedBins
    signal: Signal
    backgrounds: tuple[Background, ...]
    notes: tuple[tuple[str, str], ...]


def describe(folder: Path) -> Description:
    """Read a folder with experiment.toml and the tables it names.

    Raises:
        ValueError: the first mistake found: the file, with the key or the line, what was got and what was expected.
    """
    main = folder / MAIN
    content = keys.read_toml(main, "an experiment")
    try:
        return _describe(Source(folder), content)
    except ValueError as problem:
        sentence = str(problem)
        # a mistake in a table already says which
        named = sentence.startswith(str(folder))
        raise ValueError(sentence if named else f"{main}: {sentence}") from None


def _describe(source: Source, content: dict[str, Any]) -> Description:
    keys.known(content, ("name", "title", "about", "status", *_SECTIONS), "key")
    name = keys.identifier("name", content.get("name"))
    status = keys.typed(content, "status", str, required=True)
    if status not in STATUS:
        close = keys.hint(status, STATUS)
        raise ValueError(f"status = {keys.short(status)}{close}: expected {keys.one_of(STATUS)}")
    title = keys.typed(content, "title", str, default=name)
    if not title.strip() or len(title) > 80 or not title.isprintable():
        raise ValueError(f"title = {keys.short(title)}: expected one line of up to 80 characters")
    target = read_target(source, content)
    flux = read_flux(source, content)
    data = read_data(source, content, target.exposure)
    kinds = tuple(kind for kind in ("nuclei", "electrons") if getattr(target, kind) is not None)
    response = read_response(source, content, data.edges, kinds)
    found = Description(
        folder=source.folder,
        name=name,
        title=title if status == "measurement" else f"{title} ({status})",
        about=keys.typed(content, "about", str, default=""),
        status=status,
        target=target,
        flux=flux,
        response=response,
        data=data,
        signal=read_signal(source, content, data),
        backgrounds=read_backgrounds(source, content, data, target.exposure),
        notes=tuple(source.notes),
    )
    _check_nuisances(found)
    return found


def _check_nuisances(found: Description) -> None:
    """A name is a normalisation or a variation, but not both, over signal and backgrounds."""
    parts = [found.signal, *found.backgrounds]
    scales = {name for part in parts for name in part.errors}
    shapes = {name for part in parts for name in part.variations}
    for own in ("quenching", "efficiency"):
        if f"{found.name}_{own}" in scales | shapes:
            raise ValueError(
                f"the nuisance '{found.name}_{own}' is that of the response, expected another name"
            )
    if both := sorted(scales & shapes):
        raise ValueError(
            f"the nuisance '{both[0]}' is an error and a variation, expected one of the two"
        )
