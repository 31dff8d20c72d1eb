# SPDX-License-Identifier: Apache-2.0
"""PCMCI with nearest neighbours and 200 shuffles, tigramite beside caus on the
same data, CPU seconds of one core each. tigramite needs more than a minute.
Then single values, which need no peer. Started by cmiknn.sh, which says how."""

import json
import os
import subprocess
import sys
import tempfile
import time

from peers import give_up

LAG, SHUFFLES = 2, 200


def make_data(rows):
    """Four variables in a chain; the last link is a parabola."""
    random = numpy.random.default_rng(7)
    values = random.standard_normal((rows, 4))
    for t in range(1, rows):
        before = values[t - 1]
        values[t] += .4 * before
        values[t, 1] += .6 * before[0]
        values[t, 2] += .6 * before[1]
        values[t, 3] += .8 * (before[2] ** 2 - 1)
    return values


def run_caus(program, path, alpha, repeats):
    words = [program, "pcmci", path, str(LAG), str(SHUFFLES), str(alpha),
             str(repeats)]
    lines = subprocess.run(words, check=True, capture_output=True,
                           text=True).stdout.splitlines()
    found = {tuple(map(int, line.split()[:3])): line.split()[3] == "1"
             for line in lines[1:]}
    return json.loads(lines[0]), found


def run_tigramite(values):
    test = CMIknn(significance="shuffle_test", sig_samples=SHUFFLES, workers=1)
    search = PCMCI(data_processing.DataFrame(values), test)
    start = time.process_time()
    result = search.run_pcmci(tau_max=LAG, pc_alpha=.05, alpha_level=.05)
    return time.process_time() - start, result


def show(program, rows):
    values = make_data(rows)
    with tempfile.NamedTemporaryFile(suffix=".csv") as file:
        numpy.savetxt(file.name, values, delimiter=",", fmt="%.17g")
        curtailed, found = run_caus(program, file.name, .05, 5)
        every, same = run_caus(program, file.name, 1, 3)
    cpu, result = run_tigramite(values)
    links = [(int(i), int(j), int(lag)) for i, j, lag
             in zip(*numpy.nonzero(result["graph"] != ""))]
    differ = sum(found[cell] != (cell in links) for cell in found)
    print("| 4, %d, %d | %d | %.1f | %.4f | %.0f | %.4f | %.0f | %d of %d |"
          % (rows, LAG, curtailed["tests"], cpu, curtailed["cpu_s"],
             cpu / curtailed["cpu_s"], every["cpu_s"], cpu / every["cpu_s"],
             differ, len(found)))
    if found != same:
        print("EARLY STOPPING CHANGED A LINK")
    return found != same


def main():
    if len(sys.argv) < 2:
        sys.exit("usage: cmiknn.py BENCH_CMIKNN")
    program = os.path.abspath(sys.argv[1])
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    print("| rows, conditions | kernel | ms a value | value |\n"
          "|---|---|---|---|")
    for rows, conditions in ((200, 1), (1000, 0), (1000, 1), (1000, 3)):
        sys.stdout.flush()
        subprocess.run([program, "value", str(rows), str(conditions), "200"],
                       check=True)
    if numpy is None:
        give_up("no tigramite; set CAUS_PYTHON to a Python that has it")
    print("| N, T, lag | tests | tigramite CPU s | caus CPU s | ratio | "
          "all shuffles made | ratio | links that differ |\n"
          "|---|---|---|---|---|---|---|---|")
    sys.exit(show(program, 200))


try:
    import numpy
    from tigramite import data_processing
    from tigramite.independence_tests.cmiknn import CMIknn
    from tigramite.pcmci import PCMCI
except ImportError:
    numpy = None
main()
