# SPDX-License-Identifier: Apache-2.0
"""PC on 10,000 rows of the ALARM network (37 variables, 46 links) beside
causal-learn on the same rows and a stored figure of bnlearn, which is not run.
Started by alarm.sh, which says how."""

import gzip
import importlib.util
import itertools
import os
import re
import statistics
import subprocess
import sys
import time
import warnings

from peers import give_up

try:
    import numpy as np
    from causallearn.search.ConstraintBased.PC import pc
except ImportError as error:
    give_up("%s; set CAUS_PYTHON to a Python that has causal-learn" % error)

ROWS, SEEDS, ALPHA = 10000, range(1, 6), .05
BNLEARN_S = .415  # CPU of pc.stable on such rows, measured on another machine


def network_text():
    found = importlib.util.find_spec("pgmpy")
    path = found and os.path.join(found.submodule_search_locations[0], "utils",
                                  "example_models", "alarm.bif.gz")
    if not path or not os.path.exists(path):
        give_up("the ALARM network is not here: pip install --no-deps pgmpy")
    with gzip.open(path, "rt") as file:
        return file.read()


def read_network(text):
    """The states of each variable, and its parents with its table."""
    states = {name: [s.strip() for s in found.split(",")] for name, found in
              re.findall(r"variable\s+(\S+)\s*\{[^{]*\{([^}]*)\}", text)}
    tables = {}
    for head, body in re.findall(r"probability\s*\(([^)]*)\)\s*\{([^}]*)\}",
                                 text):
        names = [n.strip() for n in re.split(r"[|,]", head)]
        child, parents = names[0], names[1:]
        table = {}
        for line in body.split(";"):
            key = re.search(r"\(([^)]*)\)", line)
            numbers = [float(x) for x in
                       re.findall(r"[\d.eE+-]+", line.split(")")[-1]
                                  .replace("table", ""))]
            if numbers:
                place = tuple(k.strip() for k in key.group(1).split(",")
                              ) if key else ()
                table[place] = numbers
        tables[child] = (parents, table)
    return states, tables


def draw(states, tables, seed):
    rng = np.random.default_rng(seed)
    columns, names = {}, sorted(states)
    while len(columns) < len(names):
        for name in names:
            parents, table = tables[name]
            if name in columns or not all(p in columns for p in parents):
                continue
            chance, column = rng.random(ROWS), np.zeros(ROWS, dtype=int)
            for key in itertools.product(*(range(len(states[p]))
                                           for p in parents)):
                rows = np.ones(ROWS, dtype=bool)
                for p, k in zip(parents, key):
                    rows &= columns[p] == k
                shares = np.cumsum(table[tuple(states[p][k] for p, k in
                                               zip(parents, key))])
                column[rows] = np.searchsorted(shares[:-1], chance[rows],
                                               side="right")
            columns[name] = column
    return np.column_stack([columns[n] for n in names]), names


def run_caus(program, method, values):
    words = [program, method, 1, *values.shape, 0, ALPHA, 20]
    lines = subprocess.run(
        [str(w) for w in words], check=True, stdout=subprocess.PIPE,
        input=np.ascontiguousarray(values, dtype=float).tobytes()
    ).stdout.decode().splitlines()
    pairs = [line.split() for line in lines[1:]]
    return float(lines[0]), {(int(p[0]), int(p[2])) for p in pairs}


def run_peer(values, test):
    start = time.process_time()
    graph = pc(values, ALPHA, test, stable=True, show_progress=False).G.graph
    nodes = range(values.shape[1])
    return time.process_time() - start, {(i, j) for i in nodes for j in nodes
                                         if i < j and (graph[i, j] or
                                                       graph[j, i])}


def compare(program, method, test, seed, network):
    values, names = draw(*network, seed)
    truth = {tuple(sorted((names.index(p), names.index(c))))
             for c, (parents, _) in network[1].items() for p in parents}
    ours, pairs = run_caus(program, method, values)
    theirs, expected = run_peer(values, test) if test else (None, None)
    peer = " | | " if not test else "%.2f | %.0f | %s" % (
        theirs, theirs / ours, "equal" if pairs == expected else
        "%d pairs differ" % len(pairs ^ expected))
    print("| %s, %d | %.2f | %s | %s | %d, %d |"
          % (method, seed, ours * 1e3,
             "%.0f" % (BNLEARN_S / ours) if test else "", peer,
             len(truth - pairs), len(pairs - truth)))
    sys.stdout.flush()
    return BNLEARN_S / ours, bool(test) and pairs != expected


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: alarm.py BENCH_METHODS")
    warnings.filterwarnings("ignore")
    network = read_network(network_text())
    program = os.path.abspath(sys.argv[1])
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    print("| method, seed | caus CPU ms | bnlearn (stored, peer not run) / caus "
          "| causal-learn CPU s | ratio | skeleton | missing, extra of 46 |")
    print("|---|---|---|---|---|---|---|")
    failed = False
    for method, test in (("chisquared", "chisq"), ("gsquared", "gsq"),
                         ("bdeu", None)):
        rows = [compare(program, method, test, seed, network)
                for seed in SEEDS]
        failed = failed or any(row[1] for row in rows)
        if test:
            print("| %s, median | | %.0f | | | | |"
                  % (method, statistics.median(row[0] for row in rows)))
    sys.exit(failed)


main()
