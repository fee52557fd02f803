"""Mutation test: do the tests notice a single change in jaxmed/inference? How to run it is in tests/README.md.

A mutant has one operator, comparison or constant changed. The tests that reach its line are run, those of one file in
one process. A survivor counts if it changes one of the results of `_results`: what changes none, such as the size of a
batch, no test of a result can notice. The tests are spared what changes none though the probe goes through its line.
"""

import argparse
import ast
import json
import math
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = "jaxmed/inference"
TESTS = ("tests/inference/**/test_*.py", "tests/test_published_fits.py")
_CACHE = ROOT / ".pytest_cache"
_OTHER = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
_LIMIT = 600  # seconds for the tests of one file
_SAME = 1e-6  # of a result, or of the largest of its kind where that is below one


def sites(tree):
    """Every node that can be changed, in order, with what it becomes."""
    hinted = {id(n) for top in ast.walk(tree) for n in _annotations(top)}
    for node in ast.walk(tree):
        if id(node) in hinted:
            continue
        if isinstance(node, ast.BinOp | ast.BoolOp | ast.AugAssign) and type(node.op) in _OTHER:
            yield node, "op", _OTHER[type(node.op)]()
        elif isinstance(node, ast.Compare) and type(node.ops[0]) in _OTHER:
            yield node, "ops", [_OTHER[type(node.ops[0])](), *node.ops[1:]]
        elif isinstance(node, ast.Constant) and type(node.value) in (int, float) and node.value:
            new = node.value * 1.01 if isinstance(node.value, float) else node.value + 1
            yield node, "value", new


def _annotations(node):
    for name in ("annotation", "returns"):
        if getattr(node, name, None) is not None:
            yield from ast.walk(getattr(node, name))


def mutants(number, seed):
    """(file, which site) of random mutants, the same for the same seed."""
    every = []
    for path in sorted((ROOT / TARGET).rglob("*.py")):
        count = sum(1 for _ in sites(ast.parse(path.read_text())))
        every += [(str(path.relative_to(ROOT)), i) for i in range(count)]
    return random.Random(seed).sample(every, min(number, len(every)))


def mutated(path, which):
    """Source with one site changed, its line, that where its statement begins, and what changed in words."""
    tree = ast.parse((ROOT / path).read_text())
    node, field, new = list(sites(tree))[which]
    # the innermost, which comes last: what is executed is known by the first lines of statements
    inside = [s for s in ast.walk(tree) if isinstance(s, ast.stmt) and node in ast.walk(s)]
    before = ast.unparse(node)
    setattr(node, field, new)
    change = f"{before}  ->  {ast.unparse(node)}"
    return ast.unparse(tree), node.lineno, inside[-1].lineno, change


def _environment(tree):
    """All trees share the programs that JAX has compiled."""
    return os.environ | {
        "PYTHONPATH": str(tree),
        "JAX_PLATFORMS": "cpu",
        "JAX_COMPILATION_CACHE_DIR": str(_CACHE / "d/compiled"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0.02",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    }


def run(tree, file, *options, **variables):
    """Whether pytest passes one file of a tree."""
    command = [
        "-m",
        "pytest",
        "-qx",
        "-m",
        "not long",
        "-p",
        "no:xdist",
        "-o",
        f"cache_dir={_CACHE}",
        *options,
        file,
    ]
    done = _python(tree, command, variables)
    return done is not None and done.returncode == 0


def _python(tree, arguments, variables=()):
    try:
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=tree,
            env=_environment(tree) | dict(variables),
            capture_output=True,
            text=True,
            timeout=_LIMIT,
        )
    except subprocess.TimeoutExpired:
        return None


def reach(out, workers):
    """Write how long each test file takes, and which files, or the probe of results, reach which lines."""
    files = [str(p.relative_to(ROOT)) for t in TESTS for p in sorted(ROOT.glob(t))]
    lines, times = {}, {}

    def one(file):
        with tempfile.TemporaryDirectory() as scratch:
            report = Path(scratch) / "report.json"
            (Path(scratch) / "test_probe.py").write_text(
                f"def test():\n    exec({_PROBE!r}, {{}})\n"
            )
            environment = {"COVERAGE_FILE": f"{scratch}/coverage"}
            options = [f"--cov={TARGET}", f"--cov-report=json:{report}"]
            began = time.time()
            run(ROOT, file or f"{scratch}/test_probe.py", *options, **environment)
            return file, time.time() - began, json.loads(report.read_text())["files"]

    with ThreadPoolExecutor(workers) as pool:
        for file, seconds, found in pool.map(one, ["", *files]):
            print(file or "probe", round(seconds), flush=True)
            times[file] = seconds
            for path, executed in found.items():
                for line in executed["executed_lines"]:
                    lines.setdefault(f"{path}:{line}", []).append(file)
    out.write_text(json.dumps({"times": times, "lines": lines}))


def judge(path, which, known, plain):
    """What became of one mutant: the tests are spared what the probe reaches and does not see."""
    source, line, statement, change = mutated(path, which)
    reached = known["lines"].get(f"{path}:{statement}", [])
    files = sorted(
        filter(None, reached), key=lambda f: (Path(path).stem not in f, known["times"][f])
    )
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch) / "tree"
        kept = shutil.ignore_patterns(".*", "results", "site")
        shutil.copytree(ROOT, tree, ignore=kept)
        (tree / path).write_text(source)
        if "" in reached and not _differs(_results(tree), plain):
            fate = "no result changes"
        else:
            fate = next((f"killed by {f}" for f in files if not run(tree, f)), "survived")
    return {"where": f"{path}:{line}", "change": change, "fate": fate}


_PROBE = """
import jax
jax.config.update("jax_enable_x64", True)
import json, numpy as np
from jaxmed.experiments import load
from jaxmed.inference.bayes.posterior import posterior
from jaxmed.inference.fit.best_fit import fit as best_fit
from jaxmed.inference.hypothesis.expected_limits import expected_limits
from jaxmed.inference.hypothesis.feldman_cousins import feldman_cousins
from jaxmed.inference.hypothesis.significance import significance
from jaxmed.inference.problem import pose
from jaxmed.inference.regions.contours import contours
from jaxmed.inference.regions.grid_scan import scan as grid_scan
from jaxmed.inference.regions.limits import limits
from jaxmed.inference.regions.nuisance_effects import nuisance_effects
from jaxmed.inference.sensitivity import sensitivity
x = [load("xenon1t")]
both = [*x, load("texono")]
fit = best_fit(both)
limit = limits(both, masses=[0.01, 3.0, 40.0])
ranking = nuisance_effects(*pose(both, "u1r"), limit)
scan = grid_scan(both, g=np.geomspace(1e-7, 1e-3, 9), mass=np.geomspace(1e-3, 1e3, 7))
lines = contours(x, g=np.geomspace(3e-7, 6e-6, 12), mass=np.geomspace(0.01, 0.5, 10))
toys = significance(x, number=64, seed=3)
set_ = feldman_cousins(x, g=[7e-7, 1.5e-6, 2.5e-6], mass=[0.03, 0.08], number=64)
expected = expected_limits(x, masses=[0.1], number=64)
gain = sensitivity(x[0], masses=[0.1])
chains = posterior(x, chains=2, samples=32, warmup=64)
words = " ".join([*limit.flag, *gain.flag, str(fit.status), lines.undefined])
flat = jax.tree.leaves([
    fit.nll, [(e.value, e.interval) for e in fit.parameters.values()], fit.covariance, limit[1:3],
    limit.intervals, ranking,
    scan.nll, scan.status, lines.nll, lines.delta, toys.q0, toys.everywhere, toys.local, set_[1:], expected.g_upper,
    gain.g_expected, gain.slopes, chains.samples, expected.failed, list(words.encode()),
])
print(json.dumps([np.ravel(np.asarray(leaf, dtype=float)).tolist() for leaf in flat]))
"""


def _results(tree):
    """Results of one of each kind of analysis, or None if it fails."""
    done = _python(tree, ["-c", _PROBE])
    found = done and re.findall(r"^\[\[.*\]\]$", done.stdout, re.MULTILINE)
    return json.loads(found[-1]) if found else None


def _differs(found, plain):
    if found is None or [len(f) for f in found] != [len(p) for p in plain]:
        return True
    return any(
        not (a == b or abs(a - b) <= _SAME * (abs(b) + scale) or (a != a and b != b))
        for f, p in zip(found, plain, strict=True)
        for scale in [min(1.0, max(map(abs, filter(math.isfinite, p)), default=0.0))]
        for a, b in zip(f, p, strict=True)
    )


def main():
    """Map the tests, or run mutants."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reach", type=Path, help="write the map of tests to this file, and stop")
    parser.add_argument("--map", type=Path, help="the map")
    parser.add_argument("--number", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("mutants.jsonl"))
    asked = parser.parse_args()
    if asked.reach:
        reach(asked.reach, asked.workers)
        return
    known, plain = json.loads(asked.map.read_text()), _results(ROOT)
    # what an earlier run of the same seed has judged stands
    fates = [json.loads(line)["fate"] for line in asked.out.open()] if asked.out.exists() else []
    left = mutants(asked.number, asked.seed)[len(fates) :]
    with ThreadPoolExecutor(asked.workers) as pool, asked.out.open("a") as file:
        for fate in pool.map(lambda m: judge(*m, known, plain), left):
            fates.append(fate["fate"])
            print(json.dumps(fate), file=file, flush=True)
    fates = [fate.split(" by ")[0] for fate in fates]
    counts = {fate: fates.count(fate) for fate in sorted(set(fates))}
    print(
        counts,
        f"{counts.get('killed', 0) / max(len(fates) - counts.get('no result changes', 0), 1):.1%}",
    )


if __name__ == "__main__":
    main()
