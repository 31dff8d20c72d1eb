# SPDX-License-Identifier: Apache-2.0
"""Ratios of CPU seconds, lingam and dagma over caus, on one pinned core, and
how far the answers are apart. Started by lingam.sh, which says how."""

import json
import os
import subprocess
import sys
import tempfile
import time

from peers import give_up

try:
    import numpy
    import lingam
    from dagma.linear import DagmaLinear
except ImportError as error:
    give_up("%s; set CAUS_PYTHON to a Python that has lingam and dagma" % error)

SIZES = {"lingam": [(10, 2, 1, 1000), (20, 2, 1, 1000), (50, 2, 1, 1000),
                    (50, 2, 1, 5000)],
         "dagma": [(20, 2, 1, 1000), (20, 4, 1, 1000), (50, 2, 1, 1000),
                   (50, 4, 1, 1000)]}


def run_caus(program, method, size):
    with tempfile.NamedTemporaryFile(suffix=".bin") as file:
        words = [program, method] + [str(x) for x in size] + ["1", file.name]
        text = subprocess.run(words, check=True, capture_output=True,
                              text=True).stdout
        values = numpy.fromfile(file.name)
    return json.loads(text), values.reshape(size[3], size[0])


def run_peer(method, values):
    start = time.process_time()
    if method == "lingam":
        model = lingam.DirectLiNGAM()
        model.fit(values)
        weights = model.adjacency_matrix_.T
    else:
        stderr, sys.stderr = sys.stderr, open(os.devnull, "w")
        weights = DagmaLinear("l2").fit(values.copy(), lambda1=0.03)
        sys.stderr = stderr
        numpy.fill_diagonal(weights, 0)
    return time.process_time() - start, weights


def compare(program, method, size):
    ours, values = run_caus(program, method, size)
    cpu, weights = run_peer(method, values)
    found = numpy.zeros_like(weights)
    for source, target, weight in ours["edges"]:
        found[source, target] = weight
    wrong = int(((found != 0) != (weights != 0)).sum())
    print("| %s | %d, %g, %d | %.3f | %.2f | %.0f | %d of %d | %.1e |"
          % (method, size[0], size[1], size[3], cpu, ours["cpu_s"] * 1e3,
             cpu / ours["cpu_s"], wrong, int((weights != 0).sum()),
             numpy.abs(found - weights).max()))
    sys.stdout.flush()
    return wrong


def main():
    if len(sys.argv) < 2:
        sys.exit("usage: lingam_peers.py BENCH_LINGAM [METHOD...]")
    program = os.path.abspath(sys.argv[1])
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    print("| method | variables, degree, rows | peer CPU s | caus CPU ms | "
          "ratio | edges that differ | largest difference |")
    print("|---|---|---|---|---|---|---|")
    failed = 0
    for method in sys.argv[2:] or SIZES:
        for size in SIZES[method]:
            failed += compare(program, method, size)
    sys.exit(1 if failed else 0)


main()
