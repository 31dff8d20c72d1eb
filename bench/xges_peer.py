# SPDX-License-Identifier: Apache-2.0
"""SHD, score and CPU seconds of XGES beside caus, penalty 2, expected degree 4.
Started by xges.sh, which says how."""

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"


def give_up(reason):
    print("skipped: " + reason)
    sys.exit(77)


try:
    import networkx  # noqa: F401, asked of its result
    import numpy
    from xges import XGES
    from xges.bic_scorer_fast import BICScorerFast
except ImportError as error:
    give_up("%s; set CAUS_PYTHON to a Python that has xges, numba, scipy and "
            "networkx" % error)

LINE = re.compile(r"\| +([0-9.]+) ms .* SHD +(\d+) of .* all +(\d+) apart, "
                  r"SHD +(\d+) \| score ([-+.\d]+) .* other's ([-+.\d]+)")


class SharedScorer(BICScorerFast):
    """Its own scorer, which it copies with all it remembers for every edge that it
    takes out: that is four fifths of its time, and changes no score."""

    def __deepcopy__(self, memo):
        return self


def learn(values):
    start = time.process_time()
    found = XGES(2.0).fit(values, scorer=SharedScorer(values, 2.0), verbose=0)
    return time.process_time() - start, set(found.to_networkx().edges())


def compare(program, size, folder):
    data, graph = os.path.join(folder, "data"), os.path.join(folder, "graph")
    nodes, seed, rows = (str(x) for x in size)
    subprocess.run([program, "data", nodes, "4", seed, rows, data], check=True)
    taken, edges = learn(numpy.fromfile(data).reshape(-1, size[0]))
    with open(graph, "w") as file:
        for a, b in sorted(edges):
            if (b, a) not in edges:
                file.write("%d > %d\n" % (a, b))
            elif a < b:
                file.write("%d - %d\n" % (a, b))
    line = subprocess.run([program, "xges", nodes, "4", seed, rows, "2", graph],
                          check=True, capture_output=True, text=True).stdout
    ms, ours, apart, theirs, score, other = LINE.search(line).groups()
    print("| %s, %s, %s | %s, %s | %s, %s | %s | %.1f | %.2f | %.0f |"
          % (nodes, rows, seed, ours, theirs, score, other, apart, float(ms),
             taken, 1e3 * taken / float(ms)))
    sys.stdout.flush()
    return int(ours), int(theirs)


def main():
    if len(sys.argv) < 2:
        sys.exit("usage: xges_peer.py BENCH_STRUCTURE [NODES,ROWS,SEEDS...]")
    program = os.path.abspath(sys.argv[1])
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    learn(numpy.random.default_rng(0).normal(size=(200, 5)))  # compiles
    print("| variables, rows, seed | SHD, theirs | score beside the truth's, "
          "theirs | edges that differ | caus CPU ms | XGES CPU s | ratio |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for text in sys.argv[2:] or ("50,1000,10", "50,5000,10"):
            nodes, rows, seeds = text.split(",")
            nodes, rows = int(nodes), int(rows)
            first, last = seeds.split("-") if "-" in seeds else ("1", seeds)
            wrong = [compare(program, (nodes, seed, rows), folder)
                     for seed in range(int(first), int(last) + 1)]
            print("| %d, %d, mean | %.2f, %.2f | | | | | |"
                  % (nodes, rows, statistics.mean(w[0] for w in wrong),
                     statistics.mean(w[1] for w in wrong)))


main()
