"""What a release says: its part of the changelog, and the likelihoods of all data sets as files.

Run as `python .github/packaging/release_notes.py v0.2.0 FOLDER`.
"""

import re
import subprocess
import sys
from pathlib import Path

from jaxmed.experiments import published

_CHANGELOG = Path(__file__).parents[2] / "notebooks" / "docs" / "pages" / "changelog.md"
_MODEL, _MASS = "b_minus_l", "0.06"  # [MeV]


def changes(changelog: str, version: str) -> str:
    """What a version changed; ValueError if the changelog says nothing of it."""
    found = re.search(
        rf"^## {re.escape(version)}(?!\S).*?\n(.*?)(?=^## |\Z)", changelog, re.M | re.S
    )
    if not found:
        raise ValueError(f"changelog: expected a section {version}")
    return found[1].strip()


def export(name: str, folder: Path) -> str:
    """Write a data set's likelihood for HS3 and pyhf; how to read them, and how far the second is off."""
    files = [f"--{kind}={folder / name}.{kind}.json" for kind in ("hs3", "pyhf")]
    asked = ["--experiments", name, "--model", _MODEL, "--mass", _MASS, *files]
    command = [sys.executable, "-m", "jaxmed", "export", *asked]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    lines = done.stderr.splitlines()
    return "".join(f"- {line}\n" for line in lines if not line.startswith("wrote "))


def main(tag: str, folder: Path) -> None:
    """Write `notes.md` and the likelihoods into a new folder."""
    folder.mkdir(parents=True)
    told = changes(_CHANGELOG.read_text(encoding="utf-8"), tag.removeprefix("v"))
    sets = "\n".join(f"### {name}\n\n{export(name, folder)}" for name in published())
    title = f"## Likelihoods\n\nEach data set with `{_MODEL}` at {_MASS} MeV, for HS3 and for pyhf."
    (folder / "notes.md").write_text(f"{told}\n\n{title}\n\n{sets}", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
