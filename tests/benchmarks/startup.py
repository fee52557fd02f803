"""What a new process pays: importing, and the first fit of one experiment with and without kept programs.

    python tests/benchmarks/startup.py [REPEATS]

Every number is the smallest of several fresh processes.
"""

import json
import subprocess
import sys
import tempfile

IMPORTS = """
import time; a = time.perf_counter()
import jax; b = time.perf_counter()
import jaxmed; c = time.perf_counter()
print([b - a, c - b])
"""
FIRST_FIT = """
import time, json, sys; a = time.perf_counter()
import jax
jax.config.update("jax_enable_x64", True)
if sys.argv[1]:
    jax.config.update("jax_compilation_cache_dir", sys.argv[1])
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
b = time.perf_counter()
import jaxmed
data = jaxmed.load("xenon1t")
c = time.perf_counter()
first = jaxmed.fit(data)
d = time.perf_counter()
jaxmed.fit(data)
e = time.perf_counter()
assert first.converged
print(json.dumps({"import jax": b - a, "load": c - b, "fit": d - c, "total": d - a,
                  "fit again": e - d, "compile": first.compile_seconds}))
"""


def fresh(code: str, *arguments: str) -> object:
    """What a new Python process prints, read as JSON."""
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def smallest(rows: list[dict[str, float]]) -> str:
    """The smallest of every number, in words."""
    return ", ".join(f"{key} {min(row[key] for row in rows):.2f} s" for key in rows[0])


def main(repeats: int) -> None:
    """Print imports, then the first fit cold and with the compilation cache."""
    imports = [fresh(IMPORTS) for _ in range(repeats)]
    jax_alone, jaxmed_on_top = (min(column) for column in zip(*imports, strict=True))
    print(f"import jax {jax_alone:.2f} s, import jaxmed on top {1e3 * jaxmed_on_top:.1f} ms")
    print("first fit, nothing kept:", smallest([fresh(FIRST_FIT, "") for _ in range(repeats)]))
    with tempfile.TemporaryDirectory() as folder:
        fresh(FIRST_FIT, folder)
        kept = [fresh(FIRST_FIT, folder) for _ in range(repeats)]
        print("first fit, programs kept:", smallest(kept))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
