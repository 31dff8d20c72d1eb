# SPDX-License-Identifier: Apache-2.0
"""Ratios of CPU seconds of PC on categories, causal-learn over caus, on one
pinned core; the skeletons must be equal. The networks are random and of the
size of ALARM: 37 nodes, 46 edges, two to four categories, 10,000 rows. Then the
searches for the best score, of caus alone.
Started by discrete.sh, which says how."""

import json
import os
import subprocess
import sys
import tempfile
import time
import warnings

from peers import give_up

try:
    import numpy
    from causallearn.search.ConstraintBased.PC import pc
except ImportError as error:
    give_up("%s; set CAUS_PYTHON to a Python that has causal-learn"
            % error)

NODES, EDGES, ROWS, REPEATS = 37, 46, 10000, 20


def run_caus(program, method, seed, data=None):
    words = [program, method, str(NODES), str(EDGES), str(ROWS), str(seed),
             str(REPEATS)] + ([data] if data else [])
    lines = subprocess.run(words, check=True, capture_output=True,
                           text=True).stdout.splitlines()
    return json.loads(lines[0]), {tuple(map(int, line.split()))
                                  for line in lines[1:]}


def run_peer(values, test):
    start = time.process_time()
    graph = pc(values, 0.05, test, stable=True, show_progress=False).G.graph
    took = time.process_time() - start
    return took, {(i, j) for i in range(NODES) for j in range(i + 1, NODES)
                  if graph[i, j] or graph[j, i]}


def compare(program, method, seed, data):
    ours, pairs = run_caus(program, method, seed, data)
    values = numpy.loadtxt(data, delimiter=",", dtype=int)
    took, expected = run_peer(values, {"chisquared": "chisq"}.get(method,
                                                                  "gsq"))
    print("| PC %s, seed %d | %d | %.2f | %.2f | %.2f | %.0f | %.0f | %s |"
          % (method, seed, ours["tests"], ours["cpu_s"] * 1e3,
             ours["first_cpu_s"] * 1e3, took, took / ours["cpu_s"],
             took / ours["first_cpu_s"],
             "equal" if pairs == expected else "%d pairs differ"
             % len(pairs ^ expected)))
    sys.stdout.flush()
    return pairs != expected


def main():
    if len(sys.argv) < 2:
        sys.exit("usage: discrete.py BENCH_DISCRETE [SEEDS]")
    warnings.filterwarnings("ignore")
    program = os.path.abspath(sys.argv[1])
    seeds = range(1, 1 + int(sys.argv[2] if len(sys.argv) > 2 else 5))
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    failed = 0
    print("| method | tests | caus CPU ms | first call | causal-learn CPU s "
          "| ratio | ratio, first call | skeleton |")
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        data = os.path.join(folder, "rows.csv")
        for method in ("chisquared", "gsquared"):
            for seed in seeds:
                failed += compare(program, method, seed, data)
    print("\n| score | operators | caus CPU ms | missing | extra of %d |"
          % EDGES)
    print("|---|---|---|---|---|")
    for method in ("bdeu", "bic"):
        for seed in seeds:
            ours, _ = run_caus(program, method, seed)
            print("| %s, seed %d | %d | %.1f | %d | %d |"
                  % (method, seed, ours["tests"], ours["cpu_s"] * 1e3,
                     ours["missing"], ours["extra"]))
    sys.exit(1 if failed else 0)


main()
