# SPDX-License-Identifier: Apache-2.0
"""CPU seconds of PCMCI with robust and weighted partial correlation and with
vectors of one variable, tigramite over caus, on one pinned core; the links must
be equal. Started by linear.sh, which says how."""

import os
import subprocess
import sys
import time

from peers import give_up

try:
    import numpy
    from tigramite import data_processing
    from tigramite.independence_tests.parcorr_mult import ParCorrMult
    from tigramite.independence_tests.parcorr_wls import ParCorrWLS
    from tigramite.independence_tests.robust_parcorr import RobustParCorr
    from tigramite.pcmci import PCMCI
except ImportError as error:
    give_up("%s; set CAUS_PYTHON to a Python that has tigramite" % error)

CASES = [
    ("robust-parcorr", RobustParCorr, 10, 500, 5, 100),
    ("robust-parcorr", RobustParCorr, 20, 1000, 5, 20),
    ("parcorr-wls", lambda: ParCorrWLS(window_size=10), 5, 300, 2, 50),
    ("parcorr-wls", lambda: ParCorrWLS(window_size=10), 10, 500, 5, 5),
    ("parcorr-mult", ParCorrMult, 10, 500, 5, 50),
]


def make_values(variables, rows):
    random = numpy.random.default_rng(7)
    weights = (random.random((variables, variables)) < 2 / variables) * 0.3
    weights += 0.3 * numpy.eye(variables)
    weights *= 0.7 / max(0.7, abs(numpy.linalg.eigvals(weights)).max())
    values = random.standard_normal((rows, variables))
    for t in range(1, rows):
        values[t] += values[t - 1] @ weights
    return values


def compare(program, name, make, variables, rows, lag, repeats):
    values = make_values(variables, rows)
    text = "\n".join(" ".join(repr(float(x)) for x in row) for row in values)
    words = [program, name, str(lag), str(repeats), str(rows), str(variables)]
    lines = subprocess.run(words, check=True, input=text, capture_output=True,
                           text=True).stdout.splitlines()
    ours, tests = float(lines[0].split()[0]), int(lines[0].split()[1])
    search = PCMCI(data_processing.DataFrame(values), make())
    start = time.process_time()
    result = search.run_pcmci(tau_max=lag, pc_alpha=0.05, alpha_level=0.05)
    theirs = time.process_time() - start
    expected = {tuple(int(k) for k in place): result["val_matrix"][tuple(place)]
                for place in numpy.argwhere(result["graph"] != "")}
    found = {tuple(int(k) for k in line.split()[:3]): float(line.split()[3])
             for line in lines[1:]}
    wrong = len(set(expected) ^ set(found))
    worst = max((abs(found[p] - expected[p]) for p in found if p in expected),
                default=0)
    print("| %s | %d, %d, %d | %d | %.2f | %.2f | %.0f | %s | %.0e |"
          % (name, variables, rows, lag, tests, theirs, ours * 1e3,
             theirs / ours, "equal" if not wrong else "%d differ" % wrong,
             worst))
    sys.stdout.flush()
    return wrong


def main():
    if len(sys.argv) < 2:
        sys.exit("usage: linear.py BENCH_LINEAR")
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    print("| test | N, T, lag | tests | tigramite CPU s | caus CPU ms | ratio |"
          " links | largest difference |")
    print("|---|---|---|---|---|---|---|---|")
    failed = sum(compare(sys.argv[1], *case) for case in CASES)
    sys.exit(1 if failed else 0)


main()
