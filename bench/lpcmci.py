# SPDX-License-Identifier: Apache-2.0
"""LPCMCI against tigramite on the same data in the same run: CPU seconds on
one core and their ratio; the graphs must be equal. It is
started by lpcmci.sh. Without the peer or the data the reason is printed and
the status is 77."""

import gzip
import json
import os
import subprocess
import sys
import time

from peers import give_up

try:
    import numpy
    from tigramite import data_processing
    from tigramite.independence_tests.parcorr import ParCorr
    from tigramite.lpcmci import LPCMCI
except ImportError as error:
    give_up("%s; start with a Python that has tigramite" % error)

FILES = (("var_N4_T120_tau2.csv.gz", 2, 200), ("var_N10_T500_tau5.csv.gz", 5,
                                               50))
ALPHA = .05


def compare(program, path, lag, repeats):
    words = [program, path, str(lag), str(ALPHA), str(repeats)]
    lines = subprocess.run(words, check=True, capture_output=True,
                           text=True).stdout.splitlines()
    ours = json.loads(lines[0])
    with gzip.open(path, "rt") as file:
        values = numpy.loadtxt(file, delimiter=",")
    start = time.process_time()
    result = LPCMCI(data_processing.DataFrame(values), ParCorr(),
                    verbosity=0).run_lpcmci(tau_max=lag, pc_alpha=ALPHA)
    peer = time.process_time() - start
    expected = {tuple(map(int, place)): result["graph"][tuple(place)]
                for place in zip(*numpy.nonzero(result["graph"] != ""))}
    found = {}
    for line in lines[1:]:
        i, j, tau, mark = line.split()
        found[int(i), int(j), int(tau)] = mark
    wrong = sum(expected.get(place) != found.get(place)
                for place in set(expected) | set(found))
    print("| %s | %d | %.3f | %.2f | %.0f | %s |"
          % (os.path.basename(path), ours["tests"], ours["cpu_s"] * 1e3, peer,
             peer / ours["cpu_s"],
             "equal" if not wrong else "%d marks differ" % wrong))
    return wrong


def main():
    if len(sys.argv) < 2:
        sys.exit("usage: lpcmci.py BENCH_LPCMCI [DATA_FOLDER]")
    folder = sys.argv[2] if len(sys.argv) > 2 else "../shared/data/pcmci/speed"
    if not os.path.isdir(folder):
        give_up("no folder " + folder)
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    print("| data | tests | caus CPU ms | tigramite CPU s | ratio | graph |")
    print("|---|---|---|---|---|---|")
    wrong = sum(compare(os.path.abspath(sys.argv[1]),
                        os.path.join(folder, name), lag, repeats)
                for name, lag, repeats in FILES)
    sys.exit(1 if wrong else 0)


main()
