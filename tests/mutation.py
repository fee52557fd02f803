"""Mutation test: do the tests notice a single change in jaxmed/inference? How to run it is in tests/README.md.

A mutant has one operator, comparison or constant changed. The tests that reach its line are run, those of one file in
one process. A survivor counts if it changes one of the results of `_results`: what changes none, such as the size of a
batch, no test of a result can notice.
"""

import argparse
import ast
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = "jaxmed/inference"
TESTS = ("tests/inference", "tests/test_published_fits.py")
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
_SAME = 1e-9


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
    """Source with one site changed, its line, and what changed in words."""
    tree = ast.parse((ROOT / path).read_text())
    node, field, new = list(sites(tree))[which]
    before = ast.unparse(node)
    setattr(node, field, new)
    return ast.unparse(tree), node.lineno, f"{before}  ->  {ast.unparse(node)}"


def run(tree, files, *options):
    """Whether pytest passes, of some files of a tree."""
    environment = os.environ | {"PYTHONPATH": str(tree), "JAX_PLATFORMS": "cpu"}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:xdist", *options, *files]
    try:
        done = subprocess.run(
            command, cwd=tree, env=environment, capture_output=True, timeout=_LIMIT
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def reach(out):
    """Write which test files reach which lines: each file in a process of its own, under coverage."""
    files = sorted(
        str(p.relative_to(ROOT))
        for t in TESTS
        for p in ([ROOT / t] if t.endswith(".py") else (ROOT / t).glob("test_*.py"))
    )
    found = {}
    with tempfile.TemporaryDirectory() as scratch:
        for file in files:
            report = Path(scratch) / "report.json"
            options = [f"--cov={TARGET}", f"--cov-report=json:{report}"]
            print(file, run(ROOT, [file], *options), flush=True)
            for path, lines in json.loads(report.read_text())["files"].items():
                for line in lines["executed_lines"]:
                    found.setdefault(f"{path}:{line}", []).append(file)
    out.write_text(json.dumps(found))


def judge(path, which, reached, plain):
    """What became of one mutant."""
    source, line, change = mutated(path, which)
    files = reached.get(f"{path}:{line}", [])
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch) / "tree"
        kept = shutil.ignore_patterns(".git", ".venv*", "results", "site")
        shutil.copytree(ROOT, tree, ignore=kept)
        (tree / path).write_text(source)
        own = [f for f in files if Path(path).stem in f]
        for file in own + [f for f in files if f not in own]:
            if not run(tree, [file]):
                return {"where": f"{path}:{line}", "change": change, "fate": f"killed by {file}"}
        fate = "survived" if _differs(_results(tree), plain) else "no result changes"
    return {"where": f"{path}:{line}", "change": change, "fate": fate}


_PROBE = """
import jax
jax.config.update("jax_enable_x64", True)
import json, numpy as np, jaxmed
x = [jaxmed.load("xenon1t")]
both = [*x, jaxmed.load("texono")]
fit = jaxmed.fit(both)
limit = jaxmed.limits(both, masses=[0.01, 3.0, 40.0])
scan = jaxmed.scan(both, g=np.geomspace(1e-7, 1e-3, 9), mass=np.geomspace(1e-3, 1e3, 7))
lines = jaxmed.contours(x, g=np.geomspace(3e-7, 6e-6, 12), mass=np.geomspace(0.01, 0.5, 10))
toys = jaxmed.significance(x, number=64, seed=3)
set_ = jaxmed.feldman_cousins(x, g=[7e-7, 1.5e-6, 2.5e-6], mass=[0.03, 0.08], number=64)
expected = jaxmed.expected_limits(x, masses=[0.1], number=64)
gain = jaxmed.sensitivity(x[0], masses=[0.1])
chains = jaxmed.posterior(x, chains=2, samples=32, warmup=64)
flat = jax.tree.leaves([
    fit.nll, [(e.value, e.interval) for e in fit.parameters.values()], fit.covariance, limit[1:3], limit.intervals,
    scan.nll, scan.status, lines.nll, lines.delta, toys.q0, toys.everywhere, toys.local, set_[1:], expected.g_upper,
    gain.g_expected, gain.slopes, chains.samples,
])
print(json.dumps(np.concatenate([np.ravel(np.asarray(leaf, dtype=float)) for leaf in flat]).tolist()))
"""


def _results(tree):
    """Results of one of each kind of analysis as a list of numbers, or None if it fails."""
    environment = os.environ | {"PYTHONPATH": str(tree), "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(
        [sys.executable, "-c", _PROBE], cwd=tree, env=environment, capture_output=True, text=True
    )
    found = re.findall(r"^\[.*\]$", done.stdout, re.MULTILINE)
    return json.loads(found[-1]) if found else None


def _differs(found, plain):
    if found is None or len(found) != len(plain):
        return True
    return any(
        not (a == b or abs(a - b) <= _SAME * (1 + abs(b)) or (a != a and b != b))
        for a, b in zip(found, plain, strict=True)
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
        reach(asked.reach)
        return
    reached, plain = json.loads(asked.map.read_text()), _results(ROOT)
    fates = []
    with ThreadPoolExecutor(asked.workers) as pool, asked.out.open("a") as file:
        for fate in pool.map(
            lambda m: judge(*m, reached, plain), mutants(asked.number, asked.seed)
        ):
            fates.append(fate["fate"].split(" by ")[0])
            print(json.dumps(fate), file=file, flush=True)
    counts = {fate: fates.count(fate) for fate in sorted(set(fates))}
    print(
        counts,
        f"{counts.get('killed', 0) / max(len(fates) - counts.get('no result changes', 0), 1):.1%}",
    )


if __name__ == "__main__":
    main()
