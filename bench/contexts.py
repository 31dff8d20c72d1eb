# SPDX-License-Identifier: Apache-2.0
"""Ratios of CPU seconds of J-PCMCI+, tigramite over caus, on one pinned core;
the graphs must be equal. Started by contexts.sh, which says how."""

import os
import subprocess
import sys
import time

from peers import give_up

try:
    import numpy as np
    import tigramite.data_processing as pp
    from tigramite.independence_tests.parcorr_mult import ParCorrMult
    from tigramite.jpcmciplus import JPCMCIplus
except ImportError as error:
    give_up("%s; set CAUS_PYTHON to a Python that has tigramite" % error)

MAX_LAG = 2
# environments, rows of each, system variables, repeats of caus; the peer runs
# where it is told to
SIZES = [(5, 60, 3, 200, True), (10, 100, 4, 50, True),
         (20, 100, 5, 30, True), (10, 500, 5, 20, False), (20, 1000, 8, 3, False)]


def simulate(seed, environments, rows, system):
    """A chain with memory; a clock that is measured, one that is not, and
    places that are not."""
    rng = np.random.default_rng(seed)
    total = rows + 50
    clock, hidden = rng.standard_normal((2, total))
    places = rng.standard_normal(environments)
    data = []
    for m in range(environments):
        x = np.zeros((total, system))
        noise = rng.standard_normal((total, system))
        for t in range(1, total):
            x[t] = 0.4 * x[t - 1] + noise[t]
            x[t, 1:] += 0.4 * x[t - 1, :-1]
            x[t, 0] += 0.6 * clock[t - 1] + 1.5 * hidden[t]
            x[t, -1] += 1.5 * hidden[t] + places[m]
            x[t, 1] += places[m]
        data.append(np.column_stack([x[50:], clock[50:]]))
    return data


def run_caus(program, data, repeats):
    rows, variables = data[0].shape
    text = "\n".join(" ".join(map(repr, part.ravel().tolist()))
                     for part in data)
    words = [program, len(data), rows, variables, 1, MAX_LAG, repeats]
    lines = subprocess.run([str(w) for w in words], input=text, check=True,
                           capture_output=True, text=True).stdout.splitlines()
    seconds, tests = lines[0].split()
    return float(seconds), int(tests), {tuple(l.split()) for l in lines[1:]}


def run_tigramite(data):
    rows, variables = data[0].shape
    system = variables - 1
    one = np.eye(len(data))
    parts = {m: np.column_stack([part, np.eye(rows),
                                 np.tile(one[m], (rows, 1))])
             for m, part in enumerate(data)}
    vectors = {k: [(k, 0)] for k in range(variables)}
    vectors[variables] = [(variables + k, 0) for k in range(rows)]
    vectors[variables + 1] = [(variables + rows + k, 0)
                              for k in range(len(data))]
    roles = ["system"] * system + ["time_context", "time_dummy", "space_dummy"]
    frame = pp.DataFrame(data=parts, vector_vars=vectors,
                         analysis_mode="multiple",
                         time_offsets={m: 0 for m in parts})
    search = JPCMCIplus(dataframe=frame, cond_ind_test=ParCorrMult(),
                        node_classification=dict(enumerate(roles)))
    start = time.process_time()
    found = search.run_jpcmciplus(tau_max=MAX_LAG, pc_alpha=0.01)
    taken = time.process_time() - start
    graph = found["graph"]
    links = {(str(i), str(graph[i, j, lag]), str(j), str(lag))
             for i, j, lag in zip(*np.nonzero(graph != ""))}
    return taken, links


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: contexts.py BENCH_CONTEXTS")
    program = os.path.abspath(sys.argv[1])
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    failed = False
    print("| environments, rows, variables | tests | caus CPU ms | tigramite "
          "CPU s | ratio | graph |")
    print("|---|---|---|---|---|---|")
    for environments, rows, system, repeats, with_peer in SIZES:
        data = simulate(environments + rows, environments, rows, system)
        ours, tests, links = run_caus(program, data, repeats)
        peer = "not run | | "
        if with_peer:
            theirs, expected = run_tigramite(data)
            same = links == expected
            failed = failed or not same
            peer = "%.2f | %.0f | %s" % (
                theirs, theirs / ours,
                "equal" if same else "%d links differ" % len(links ^ expected))
        print("| %d, %d, %d | %d | %.3f | %s |"
              % (environments, rows, system, tests, ours * 1e3, peer))
        sys.stdout.flush()
    sys.exit(failed)


main()
