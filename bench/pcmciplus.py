# SPDX-License-Identifier: Apache-2.0
"""Ratios of CPU seconds of PCMCI+, tigramite over caus, on one pinned core;
the graphs must be equal. 100 variables are beyond
tigramite's eight minutes: there caus runs alone. Then two threads against one.
Started by pcmciplus.sh, which says how."""

import gzip
import json
import os
import re
import subprocess
import sys
import time

from peers import give_up

try:
    import numpy
    from tigramite import data_processing
    from tigramite.independence_tests.parcorr import ParCorr
    from tigramite.pcmci import PCMCI
except ImportError as error:
    give_up("%s; set CAUS_PYTHON to a Python that has tigramite" % error)

REPEATS = {4: 2000, 10: 300, 20: 100, 50: 30, 100: 5}
MOST_VARIABLES_OF_PEER = 50


def run_caus(program, path, lag, threads, repeats, mode):
    words = [program, path, str(lag), str(threads), str(repeats), mode,
             "pcmci+"]
    lines = subprocess.run(words, check=True, capture_output=True,
                           text=True).stdout.splitlines()
    return json.loads(lines[0]), [line.split() for line in lines[1:]]


def load(path):
    with (gzip.open if path.endswith(".gz") else open)(path, "rt") as file:
        has_names = re.search("[a-df-zA-DF-Z]", file.readline())
    return numpy.loadtxt(path, delimiter=",", skiprows=1 if has_names else 0)


def run_tigramite(values, lag):
    search = PCMCI(data_processing.DataFrame(values), ParCorr())
    start = time.process_time()
    result = search.run_pcmciplus(tau_max=lag, pc_alpha=0.05)
    return time.process_time() - start, result


def graphs_differ(result, links):
    """How many links differ, and the largest |difference| of a statistic."""
    graph = result["graph"]
    expected = {tuple(map(int, place)): graph[tuple(place)]
                for place in zip(*numpy.nonzero(graph != ""))}
    wrong, worst, found = 0, 0.0, set()
    for i, j, lag, mark, statistic, _ in links:
        place = (int(i), int(j), int(lag))
        found.add(place)
        wrong += expected.get(place) != mark
        worst = max(worst,
                    abs(float(statistic) - result["val_matrix"][place]))
    return wrong + len(set(expected) - found), worst


def compare(program, path):
    lag = int(re.search(r"tau(\d+)", path).group(1))
    values = load(path)
    rows, variables = values.shape
    repeats = REPEATS.get(variables, 10)
    ours, _ = run_caus(program, path, lag, 1, repeats, "none")
    once, links = run_caus(program, path, lag, 1, 1, "links")
    wrong, peer = 0, "not run | | | | "
    if variables <= MOST_VARIABLES_OF_PEER:
        cpu, result = run_tigramite(values, lag)
        wrong, worst = graphs_differ(result, links)
        peer = "%.3f | %.0f | %.0f | %s | %.1e" % (
            cpu, cpu / ours["cpu_s"], cpu / once["cpu_s"],
            "equal" if not wrong else "%d links differ" % wrong, worst)
    print("| %d, %d, %d | %d | %.3f | %.1f | %s |"
          % (variables, rows, lag, ours["tests"], ours["cpu_s"] * 1e3,
             once["peak_rss_kib"] / 1024, peer))
    sys.stdout.flush()
    return wrong


def scale_threads(program, path):
    lag = int(re.search(r"tau(\d+)", path).group(1))
    one, _ = run_caus(program, path, lag, 1, 5, "none")
    two, _ = run_caus(program, path, lag, 2, 5, "none")
    same = "same bytes" if one["hash"] == two["hash"] else "BYTES DIFFER"
    print("%s: one thread %.1f ms, two %.1f ms wall, %.2f times as fast, %s"
          % (os.path.basename(path), one["wall_s"] * 1e3, two["wall_s"] * 1e3,
             one["wall_s"] / two["wall_s"], same))
    return one["hash"] != two["hash"]


def main():
    if len(sys.argv) < 2:
        sys.exit("usage: pcmciplus.py BENCH_PCMCI [DATA_FOLDER [FILE...]]")
    program = os.path.abspath(sys.argv[1])
    folder = sys.argv[2] if len(sys.argv) > 2 else "../shared/data/pcmci/speed"
    if not os.path.isdir(folder):
        give_up("no folder " + folder)
    names = sys.argv[3:] or [n for n in os.listdir(folder) if ".csv" in n]
    names.sort(key=lambda n: int(re.search(r"N(\d+)", n).group(1)))
    paths = [os.path.join(folder, name) for name in names]
    # two threads need two cores: before this process pins itself
    failed = scale_threads(program, paths[-1])
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    print("| N, T, lag | tests | caus CPU ms | peak RSS MiB | tigramite CPU s "
          "| ratio | ratio, first call | graph | largest difference |")
    print("|---|---|---|---|---|---|---|---|---|")
    for path in paths:
        failed += compare(program, path)
    sys.exit(1 if failed else 0)


main()
