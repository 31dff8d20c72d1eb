#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""FCI of caus beside FCI of causal-learn: same data, same run, one thread.

    bench/fci.py path/to/bench_fci [FILE.csv[.gz] ...]

Started by fci.sh. Without files 1,000 rows of random linear models of 10, 20
and 50 variables, expected degree 2, are made. Prints CPU seconds of both, their ratio, and where the graphs differ. Exits 77
with a reason when causal-learn cannot be imported.
"""
import contextlib
import gzip
import os
import subprocess
import sys
import tempfile
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
try:
    import numpy
    from causallearn.search.ConstraintBased.FCI import fci
except ImportError as problem:
    print(f"bench/fci.py: skipped: {problem}")
    sys.exit(77)

MARKS = {1: ">", -1: "-", 2: "o"}


def learned_by_peer(values):
    started = time.process_time()
    with contextlib.redirect_stdout(None):  # it names edges that it turns
        graph, _ = fci(values, "fisherz", 0.05, show_progress=False)
    seconds = time.process_time() - started
    edges = {}
    count = values.shape[1]
    for a in range(count):
        for b in range(a + 1, count):
            if graph.graph[a, b] or graph.graph[b, a]:
                edges[a, b] = (MARKS[graph.graph[a, b]], MARKS[graph.graph[b, a]])
    return seconds, edges


def learned_by_caus(program, path, method):
    out = subprocess.run([program, path, method, "0.05"], check=True,
                         capture_output=True, text=True).stdout.splitlines()
    edges = {}
    for line in out[1:]:
        a, marks, b = line.split()
        edges[int(a), int(b)] = (marks[0].replace("<", ">"), marks[2])
    words = out[0].split()
    return float(words[1]), int(words[3]), edges


def plain(path):
    """The file as text without compression."""
    if not path.endswith(".gz"):
        return path
    with gzip.open(path, "rb") as packed:
        made = tempfile.NamedTemporaryFile(suffix=".csv", delete=False)
        made.write(packed.read())
        made.close()
    return made.name


def make_rows(folder):
    """Gaussian noise through a random acyclic graph, weights of .3 to .9."""
    files = []
    for count in (10, 20, 50):
        random = numpy.random.default_rng(count)
        edge = numpy.triu(random.random((count, count)) < 2 / (count - 1), 1)
        weight = edge * random.uniform(.3, .9, edge.shape) * random.choice(
            (-1, 1), edge.shape)
        rows = random.normal(size=(1000, count)) @ numpy.linalg.inv(
            numpy.eye(count) - weight)
        files.append(os.path.join(folder, f"random_{count}.csv"))
        numpy.savetxt(files[-1], rows, delimiter=",", comments="",
                      header=",".join(f"v{i}" for i in range(count)))
    return files


def main():
    if len(sys.argv) < 2:
        sys.exit("usage: fci.py BENCH_FCI [FILE.csv[.gz]...]")
    with tempfile.TemporaryDirectory() as folder:
        run(os.path.abspath(sys.argv[1]), sys.argv[2:] or make_rows(folder))


def run(program, files):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    learned_by_peer(numpy.random.default_rng(0).normal(size=(50, 3)))
    for path in files:
        text = plain(path)
        values = numpy.loadtxt(text, delimiter=",", skiprows=1)
        theirs, peer = learned_by_peer(values)
        for method in ("fci-standard", "fci", "rfci-standard"):
            ours, tests, mine = learned_by_caus(program, text, method)
            both = set(peer) & set(mine)
            apart = set(peer) ^ set(mine)
            marks = [pair for pair in both if peer[pair] != mine[pair]]
            print(f"{os.path.basename(path):24} {method:14} caus {ours:9.6f} s "
                  f"{tests:9d} tests | causal-learn {theirs:7.3f} s | "
                  f"{theirs / ours:8.0f} times | edges {len(mine)} and "
                  f"{len(peer)}, {len(apart)} in one only, marks differ on "
                  f"{len(marks)}")
            for pair in sorted(apart | set(marks)):
                ours_text = "".join(mine.get(pair, ("no", "ne")))
                peer_text = "".join(peer.get(pair, ("no", "ne")))
                if os.environ.get("SHOW"):
                    print(f"    {pair[0]} {pair[1]}: {ours_text} here, "
                          f"{peer_text} there")
        if text != path:
            os.unlink(text)


main()
