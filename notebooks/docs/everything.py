"""The figure of the gallery on all data sets, from the limits of three commands.

for model in b_minus_l u1r fits/examples/models/baryonic.toml; do
    jaxmed limit fits/everything.toml --alone --model $model --mass 1e-3:8.8e4:61 --out results/everything
done
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import jaxmed
from jaxmed.experiments import published

MODELS = {
    "b_minus_l": "B − L",
    "u1r": "right-handed U(1), the paper's",
    "baryonic": "baryon number, no electrons",
}


def main(folder: Path, to: Path) -> None:
    """Draw the limits of each data set and of all together."""
    figure, panels = plt.subplots(
        1, 3, figsize=(13, 5), sharex=True, sharey=True, layout="constrained"
    )
    for panel, (model, title) in zip(panels, MODELS.items(), strict=True):
        (path,) = folder.glob(f"limit_{model}_*.json")
        for name, each in jaxmed.load_result(path).items():
            together = name not in published()
            mass, g = np.asarray(each.mass), np.asarray(each.g_upper)
            label = "all together" if together else each.provenance["titles"][name]
            panel.loglog(
                mass,
                g,
                "k-" if together else "-",
                lw=2.2 if together else 1.2,
                label=label,
                zorder=3 if together else 2,
            )
        panel.set(title=title, xlabel="M [MeV]", xlim=(1e-3, 8.8e4), ylim=(1e-7, 1))
        panel.grid(alpha=0.2)
    panels[0].set_ylabel("g′, excluded above at 90 %")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=5, frameon=False)
    figure.savefig(to, dpi=150)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
