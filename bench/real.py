# SPDX-License-Identifier: Apache-2.0
"""Learners on measurements whose causes are known: 11 proteins of single cells,
7,466 rows under several interventions pooled, 18 links that cdt gives as known
(after Sachs et al. 2005, Science 308). Logarithms are taken, as is usual. Peers run
on the same rows. Started by real.sh, which says how."""

import csv
import importlib.util
import os
import subprocess
import sys
import time
import warnings

from peers import give_up

try:
    import lingam
    import numpy as np
    from causallearn.search.ConstraintBased.FCI import fci
    from causallearn.search.ConstraintBased.PC import pc
    from causallearn.search.ScoreBased.GES import ges
except ImportError as error:
    give_up("%s; set CAUS_PYTHON to a Python that has causal-learn and lingam"
            % error)

ALPHA = .01
ENDS = {"-": "tail", "o": "circle", ">": "arrow", "<": "arrow", "x": "conflict"}
PEER_ENDS = {-1: "tail", 1: "arrow", 2: "circle"}


def read_proteins():
    found = importlib.util.find_spec("cdt")
    folder = found and os.path.join(found.submodule_search_locations[0], "data",
                                    "resources")
    if not folder or not os.path.exists(os.path.join(folder,
                                                     "cyto_full_data.csv")):
        give_up("the measurements are not here: pip install --no-deps cdt")
    with open(os.path.join(folder, "cyto_full_data.csv"), newline="") as file:
        rows = list(csv.reader(file))
    with open(os.path.join(folder, "cyto_full_target.csv"), newline="") as file:
        links = list(csv.reader(file))[1:]
    names = rows[0]
    values = np.log(np.array(rows[1:], dtype=float))
    return values, {(names.index(a), names.index(b)) for a, b in links}


def run_caus(program, method, values):
    words = [program, method, 1, *values.shape, 0, ALPHA, 5]
    lines = subprocess.run(
        [str(w) for w in words], check=True, stdout=subprocess.PIPE,
        input=np.ascontiguousarray(values).tobytes()
    ).stdout.decode().splitlines()
    links = {}
    for line in lines[1:]:
        i, mark, j, _ = line.split()
        links[int(i), int(j)] = (ENDS[mark[0]], ENDS[mark[2]])
    return float(lines[0]), links


def of_matrix(graph):
    """causal-learn: [j, i] is the mark at j of the link between i and j."""
    count = len(graph)
    return {(i, j): (PEER_ENDS[int(graph[i, j])], PEER_ENDS[int(graph[j, i])])
            for i in range(count) for j in range(i + 1, count)
            if graph[i, j] or graph[j, i]}


def peer_lingam(values):
    model = lingam.DirectLiNGAM()
    model.fit(values)
    weights = model.adjacency_matrix_
    return {(min(i, j), max(i, j)): ("tail", "arrow") if j < i else
            ("arrow", "tail") for i, j in zip(*np.nonzero(weights))}


PEERS = {
    "pc": lambda v: of_matrix(pc(v, ALPHA, "fisherz", stable=True,
                                 show_progress=False).G.graph),
    "fci": lambda v: of_matrix(fci(v, "fisherz", ALPHA, show_progress=False,
                                   verbose=False)[0].graph),
    "ges": lambda v: of_matrix(ges(v, "local_score_BIC")["G"].graph),
    "lingam": peer_lingam,
}


def judge(links, truth):
    pairs = {tuple(sorted(p)) for p in truth}
    right = wrong = 0
    for (i, j), marks in links.items():
        for mark, at, other in ((marks[0], i, j), (marks[1], j, i)):
            if mark == "arrow" and tuple(sorted((i, j))) in pairs:
                right += (other, at) in truth
                wrong += (other, at) not in truth
    found = set(links)
    return "%d of %d | %d | %d, %d" % (len(found & pairs), len(pairs),
                                       len(found - pairs), right, wrong)


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: real.py BENCH_METHODS")
    warnings.filterwarnings("ignore")
    program = os.path.abspath(sys.argv[1])
    values, truth = read_proteins()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    print("| method | program | CPU ms | links found | links too many | arrows "
          "on true links right, wrong |")
    print("|---|---|---|---|---|---|")
    for method in ("pc", "fci", "rfci", "ges", "xges", "lingam", "dagma",
                   "additive"):
        taken, links = run_caus(program, method, values)
        print("| %s | caus | %.2f | %s |" % (method, taken * 1e3,
                                             judge(links, truth)))
        if method in PEERS:
            start = time.process_time()
            stdout, sys.stdout = sys.stdout, open(os.devnull, "w")
            try:
                links = PEERS[method](values)
            finally:
                sys.stdout.close()
                sys.stdout = stdout
            print("| | %s | %.1f | %s |"
                  % ("lingam" if method == "lingam" else "causal-learn",
                     1e3 * (time.process_time() - start), judge(links, truth)))
        sys.stdout.flush()


main()
