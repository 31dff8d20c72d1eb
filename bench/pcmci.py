# SPDX-License-Identifier: Apache-2.0
"""Ratios of CPU seconds, tigramite over caus, on one pinned core; the graphs
must be equal. Before that two threads against one, also beside a busy process.
Started by pcmci.sh, which says how."""

import json
import os
import re
import subprocess
import sys
import tempfile
import time

from peers import give_up

try:
    import numpy
    from tigramite import data_processing
    from tigramite.independence_tests.parcorr import ParCorr
    from tigramite.pcmci import PCMCI
except ImportError as error:
    give_up("%s; set CAUS_PYTHON to a Python that has tigramite" % error)

REPEATS = {4: 2000, 10: 300, 20: 100, 50: 30, 100: 15}


def run_caus(program, path, lag, threads, repeats, mode):
    words = [program, path, str(lag), str(threads), str(repeats), mode]
    lines = subprocess.run(words, check=True, capture_output=True,
                           text=True).stdout.splitlines()
    return json.loads(lines[0]), [line.split() for line in lines[1:]]


def run_tigramite(path, lag):
    values = numpy.loadtxt(path, delimiter=",", skiprows=has_names(path))
    search = PCMCI(data_processing.DataFrame(values), ParCorr())
    start = time.process_time()
    result = search.run_pcmci(tau_max=lag, pc_alpha=0.05, alpha_level=0.05)
    return time.process_time() - start, result, values.shape


def has_names(path):
    import gzip
    with (gzip.open if path.endswith(".gz") else open)(path, "rt") as file:
        return 1 if re.search("[a-df-zA-DF-Z]", file.readline()) else 0


def graphs_differ(result, links):
    """How many links differ, and the largest |difference| of a statistic."""
    expected = {}
    graph = result["graph"]
    for i, j, lag in zip(*numpy.nonzero(graph != "")):
        expected[(int(i), int(j), int(lag))] = graph[i, j, lag]
    wrong, worst = 0, 0.0
    found = set()
    for i, j, lag, mark, statistic, _ in links:
        place = (int(i), int(j), int(lag))
        found.add(place)
        wrong += expected.get(place) != mark
        worst = max(worst,
                    abs(float(statistic) - result["val_matrix"][place]))
    return wrong + len(set(expected) - found), worst


def compare(program, folder, name):
    lag = int(re.search(r"tau(\d+)", name).group(1))
    path = os.path.join(folder, name)
    cpu, result, (rows, variables) = run_tigramite(path, lag)
    repeats = REPEATS.get(variables, 10)
    ours, _ = run_caus(program, path, lag, 1, repeats, "none")
    once, links = run_caus(program, path, lag, 1, 1, "links")
    wrong, worst = graphs_differ(result, links)
    print("| %d, %d, %d | %d | %.3f | %.4f | %.0f | %.0f | %s | %.1e | %.1f |"
          % (variables, rows, lag, ours["tests"], cpu, ours["cpu_s"] * 1e3,
             cpu / ours["cpu_s"], cpu / once["cpu_s"],
             "equal" if not wrong else "%d links differ" % wrong, worst,
             once["peak_rss_kib"] / 1024))
    sys.stdout.flush()
    return wrong


def var_rows(variables, rows):
    random = numpy.random.default_rng(1)
    weights = (random.random((variables, variables)) < 2 / variables) * 0.3
    radius = abs(numpy.linalg.eigvals(weights)).max()
    weights *= min(1, 0.5 / radius)  # or the series would grow without end
    values = random.standard_normal((rows, variables))
    for t in range(1, rows):
        values[t] += values[t - 1] @ weights + 0.4 * values[t - 1]
    return values


def time_threads(program, path, lag, rounds, repeats):
    """Median wall seconds of one and of two threads, in turns."""
    taken, hashes = {1: [], 2: []}, set()
    for _ in range(rounds):
        for threads in taken:
            ours, _ = run_caus(program, path, lag, threads, repeats, "none")
            taken[threads].append(ours["wall_s"])
            hashes.add(ours["hash"])
    one, two = (sorted(all)[rounds // 2] * 1e3 for all in taken.values())
    print("| %.1f | %.1f | %.2f | %s " % (one, two, one / two,
          "same" if len(hashes) == 1 else "DIFFER"), end="")
    return len(hashes) != 1


def scale_threads(program):
    """Best of 15 calls on the machine as it is, then single calls, as a
    command makes, beside a process that does nothing but run. Threads sleep
    while they wait, as in the caus program."""
    os.environ["OMP_WAIT_POLICY"] = "passive"
    failed = False
    print("| N, T, lag | one ms | two ms | ratio | bytes | one ms, busy | "
          "two ms, busy | ratio | bytes |")
    print("|---|---|---|---|---|---|---|---|---|")
    for variables, lag in ((50, 5), (100, 3), (200, 2)):
        with tempfile.NamedTemporaryFile(suffix=".csv") as file:
            numpy.savetxt(file.name, var_rows(variables, 1000), delimiter=",",
                          fmt="%.17g")
            print("| %d, 1000, %d " % (variables, lag), end="")
            failed |= time_threads(program, file.name, lag, 5, 15)
            busy = subprocess.Popen(["sh", "-c", "while :; do :; done"])
            try:
                failed |= time_threads(program, file.name, lag, 25, 1)
            finally:
                busy.kill()
                busy.wait()
            print("|", flush=True)
    print()
    return failed


def main():
    if len(sys.argv) < 2:
        sys.exit("usage: pcmci.py BENCH_PCMCI [DATA_FOLDER [FILE...]]")
    program = os.path.abspath(sys.argv[1])
    folder = sys.argv[2] if len(sys.argv) > 2 else "../shared/data/pcmci/speed"
    if not os.path.isdir(folder):
        give_up("no folder " + folder)
    names = sys.argv[3:] or [n for n in os.listdir(folder) if ".csv" in n]
    names.sort(key=lambda n: int(re.search(r"N(\d+)", n).group(1)))
    # two threads need two cores: before this process pins itself
    failed = scale_threads(program)
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    print("| N, T, lag | tests | tigramite CPU s | caus CPU ms | ratio | "
          "ratio, first call | graph | largest difference | peak RSS MiB |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name in names:
        failed += compare(program, folder, name)
    sys.exit(1 if failed else 0)


main()
