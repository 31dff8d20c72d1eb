# SPDX-License-Identifier: Apache-2.0
"""PCMCI with Gaussian processes and distance correlation, tigramite beside caus
on the same data, CPU seconds of one core each; tigramite needs a minute. Then
random features beside causal-learn's exact kernel test. Started by kernel.sh,
which says how."""

import json
import os
import subprocess
import sys
import tempfile
import time
import warnings

from peers import give_up

LAG = 2


def make_data(rows):
    """Five variables in a chain of bends, a parabola and a sine."""
    random = numpy.random.default_rng(1)
    values = random.standard_normal((rows, 5))
    for t in range(1, rows):
        before = values[t - 1]
        values[t] += .5 * before
        values[t, 1] += .6 * before[0]
        values[t, 2] += .6 * numpy.tanh(2 * before[1])
        values[t, 3] += (.4 * (before[2] ** 2 - 1)
                         * numpy.exp(-before[2] ** 2 / 8))
        values[t, 4] += .5 * numpy.sin(2 * before[3])
    return values


def make_table(seed, rows, dependent):
    random = numpy.random.default_rng(seed)
    z = random.standard_normal((rows, 2))
    x = numpy.tanh(z.sum(axis=1)) + .7 * random.standard_normal(rows)
    y = .5 * z[:, 0] ** 2 + .7 * random.standard_normal(rows)
    if dependent:
        y += .4 * (x ** 2 - 1)
    return numpy.column_stack([x, y, z])


def run_caus(program, words, values):
    with tempfile.NamedTemporaryFile(suffix=".csv") as file:
        numpy.savetxt(file.name, values, delimiter=",", fmt="%.17g")
        lines = subprocess.run(
            [program, words[0], file.name] + words[1:], check=True,
            capture_output=True, text=True).stdout.splitlines()
    return json.loads(lines[0]), [line.split() for line in lines[1:]]


def show_gpdc(program, rows):
    values = make_data(rows)
    head, lines = run_caus(program, ["pcmci", "gpdc", str(LAG), "3"], values)
    search = PCMCI(data_processing.DataFrame(values),
                   GPDC(significance="analytic"))
    start = time.process_time()
    result = search.run_pcmci(tau_max=LAG, pc_alpha=.05, alpha_level=.05)
    cpu = time.process_time() - start
    differ, off = 0, []
    for i, j, lag, found, statistic, _ in lines:
        cell = int(i), int(j), int(lag)
        differ += (found == "1") != (result["graph"][cell] != "")
        off.append(abs(float(statistic) - result["val_matrix"][cell]))
    print("| 5, %d, %d | %d | %.1f | %.3f | %.0f | %d of %d | %.1e |"
          % (rows, LAG, head["tests"], cpu, head["cpu_s"],
             cpu / head["cpu_s"], differ, len(lines), numpy.median(off)))


def show_rcot(program, rows, tables):
    seconds, found = [0, 0], [[0, 0], [0, 0]]
    same = 0
    for seed in range(tables):
        values = make_table(seed, rows, seed % 2)
        start = time.process_time()
        exact = CIT(values, "kci")(0, 1, [2, 3]) <= .05
        seconds[0] += time.process_time() - start
        head, _ = run_caus(program, ["ask", "rcot", "5", "2"], values)
        seconds[1] += head["cpu_s"]
        fast = head["p_value"] <= .05
        same += exact == fast
        found[seed % 2][0] += exact
        found[seed % 2][1] += fast
    print("| %d, 2 | %.1f | %.3f | %.0f | %d of %d | %d, %d of %d | "
          "%d, %d of %d |"
          % (rows, 1e3 * seconds[0] / tables, 1e3 * seconds[1] / tables,
             seconds[0] / seconds[1], same, tables, *found[1], tables // 2,
             *found[0], tables // 2))


def main():
    if len(sys.argv) < 2:
        sys.exit("usage: kernel.py BENCH_KERNEL")
    program = os.path.abspath(sys.argv[1])
    if numpy is None:
        give_up("no tigramite or causal-learn; set CAUS_PYTHON to a Python "
                "that has them")
    warnings.simplefilter("ignore")
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    print("| rows, conditions | kci ms | rcot ms | ratio | same decision | "
          "found by kci, rcot | false alarms of kci, rcot |\n"
          "|---|---|---|---|---|---|---|")
    for rows in (200, 500):
        show_rcot(program, rows, 40)
        sys.stdout.flush()
    print("| N, T, lag | tests | tigramite CPU s | caus CPU s | ratio | "
          "links that differ | median difference |\n"
          "|---|---|---|---|---|---|---|")
    sys.stdout.flush()
    show_gpdc(program, 500)


try:
    import numpy
    from causallearn.utils.cit import CIT
    from tigramite import data_processing
    from tigramite.independence_tests.gpdc import GPDC
    from tigramite.pcmci import PCMCI
except ImportError:
    numpy = None
main()
