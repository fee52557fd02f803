"""What `jaxmed check` says about the nodes of a nuisance: measured between them, not guessed."""

import folders
import pytest

from jaxmed.experiments import load, read_folder
from jaxmed.experiments.folder.build.accuracy import WANTED, between_nodes
from jaxmed.results.own_experiment import check_table, describe_folder

SEVEN = "nodes = [-3, -2, -1, 0, 1, 2, 3]\n\n[nuisances.argon_quenching]"
THREE = "[nuisances.argon_quenching]"


@pytest.mark.slow
@pytest.mark.parametrize(("nodes", "enough"), [(SEVEN, True), (THREE, False)])
def test_three_nodes_are_too_few_for_the_onset_of_a_pulse(tmp_path, nodes, enough):
    folder = folders.copy("argon", tmp_path)
    folders.change(folder, "experiment.toml", SEVEN, nodes)
    folders.change(folder, "experiment.toml", "delay_us = 0.05", "delay_us = 0.1")
    found, experiment = read_folder(str(folder)), load(str(folder))
    costs = between_nodes(found, experiment)
    assert list(costs) == ["argon_onset", "argon_quenching"]
    assert costs["argon_quenching"] < 1e-3
    assert (costs["argon_onset"] < 10 * WANTED) == enough
    said = dict(check_table(describe_folder(found, experiment)).rows)[
        "between nodes of argon_onset"
    ]
    assert ("give nuisances.argon_onset more nodes" in said) == (costs["argon_onset"] > WANTED)


def test_what_cannot_be_computed_anew_is_not_judged():
    """The yields of XENONnT 8B are columns of its release."""
    assert between_nodes(read_folder("xenonnt_b8"), load("xenonnt_b8")) == {}


def test_totals_are_given_for_every_run():
    facts = describe_folder(read_folder("xenonnt_b8"), load("xenonnt_b8"))
    assert list(facts["runs"]) == ["sr0", "sr1", "sr2"]
    assert [run["observed"] for run in facts["runs"].values()] == [9, 28, 25]
    for key in ("standard_model", "observed"):
        whole = sum(run[key] for run in facts["runs"].values())
        assert whole == pytest.approx(facts["totals"][key])
    rows = dict(check_table(facts).rows)
    assert rows["standard model, sr2"].startswith("7.409")
