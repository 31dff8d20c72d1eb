# SPDX-License-Identifier: Apache-2.0
"""Structure learners of antecedent beside those of caus: CPU seconds on one
pinned core, links and marks against the truth. Started by antecedent.sh.

Both get the same level, no correction for many tests and the same limit on
conditions: none, then 2, antecedent's default (rows "limit 2"). Score searches get
the BIC, its penalty. A mark is an arrow or a tail that is not read off the clock: an
arrow at a node is right when the node is no cause of the other one, a tail when it
is. Of PCMCI, links at lag 0 are not counted. A difference stands with the half width
of its 95 % interval over the seeds, each of which is the same data for both."""

import argparse
import math
import os
import statistics
import subprocess
import sys
import time

# the package must not be taken for this file
here = os.path.dirname(os.path.abspath(__file__))
sys.path[:] = [p for p in sys.path if os.path.abspath(p or ".") != here]


def give_up(reason):
    print("skipped: " + reason)
    sys.exit(77)


try:
    import numpy as np
    import antecedent.discovery as peer
except ImportError as error:
    give_up("%s; set CAUS_PYTHON to a Python that has antecedent" % error)

ALPHA = .01
UNLIMITED = 1000
BIC = 1
ENDS = {"-": "tail", "o": "circle", ">": "arrow", "<": "arrow", "x": "conflict"}


def static_world(rng, nodes, rows, uniform):
    """A random linear system, three neighbours a node expected."""
    order = rng.permutation(nodes)
    weights = np.zeros((1, nodes, nodes))
    for a in range(nodes):
        for b in range(a + 1, nodes):
            if rng.random() < 3 / (nodes - 1):
                weights[0, order[a], order[b]] = (rng.choice([-1, 1]) *
                                                  rng.uniform(.3, 1))
    noise = (rng.uniform(-3 ** .5, 3 ** .5, (rows, nodes)) if uniform
             else rng.standard_normal((rows, nodes)))
    return [noise @ np.linalg.inv(np.eye(nodes) - weights[0])], weights


def lagged_world(rng, nodes, rows, lags, parts):
    """Memory, and as many other links as nodes at each lag, 0 included; with
    several parts each has a level of its own that no variable shows."""
    order = rng.permutation(nodes)
    place = np.argsort(order)
    while True:
        weights = np.zeros((lags + 1, nodes, nodes))
        for lag in range(lags + 1):
            for _ in range(nodes // (1 + lag)):
                i, j = rng.choice(nodes, 2, replace=False)
                if lag == 0 and place[i] > place[j]:
                    i, j = j, i
                weights[lag, i, j] = rng.choice([-1, 1]) * rng.uniform(.2, .5)
        weights[1] += np.diag(rng.uniform(.3, .7, nodes))
        instant = np.linalg.inv(np.eye(nodes) - weights[0])
        block = np.zeros((nodes * lags, nodes * lags))
        block[:nodes] = np.hstack([(weights[k] @ instant).T
                                   for k in range(1, lags + 1)])
        block[nodes:, :-nodes] = np.eye(nodes * (lags - 1))
        if max(abs(np.linalg.eigvals(block))) < .95:
            break
    data = []
    for _ in range(parts):
        level = rng.standard_normal() if parts > 1 else 0
        x = np.zeros((rows + 200, nodes))
        for t in range(lags, rows + 200):
            e = rng.standard_normal(nodes)
            e[:2] += level
            x[t] = (sum(x[t - k] @ weights[k]
                        for k in range(1, lags + 1)) + e) @ instant
        data.append(x[200:])
    return data, weights


def causes(weights, target):
    """The (variable, lag) that have an effect on target(t)."""
    lags, nodes = weights.shape[0] - 1, weights.shape[1]
    seen, queue = set(), [(target, 0)]
    while queue:
        j, at = queue.pop()
        for lag in range(lags - at + 1):
            for i in np.nonzero(weights[lag, :, j])[0]:
                place = (int(i), at + lag)
                if place not in seen:
                    seen.add(place)
                    queue.append(place)
    return seen


def judge(links, weights, first_lag):
    """F1 of links from a lag on, and how many marks are wrong and right."""
    lags = weights.shape[0] - 1
    links = {k: v for k, v in links.items() if k[2] >= first_lag}
    truth = {(int(i), int(j), lag) for lag in range(first_lag, lags + 1)
             for i, j in zip(*np.nonzero(weights[lag]))}
    truth = {(min(i, j), max(i, j), 0) if not lag else (i, j, lag)
             for i, j, lag in truth}
    before = {j: causes(weights, j) for j in range(weights.shape[1])}
    hits = len(truth & set(links))
    marks = [0, 0]
    for (i, j, lag), (at_i, at_j) in links.items():
        if at_i == at_j == "tail":
            continue
        ends = [(at_i, (i, lag) in before[j])]
        if lag == 0:
            ends.append((at_j, (j, 0) in before[i]))
        for mark, is_cause in ends:
            if mark in ("arrow", "tail"):
                marks[(mark == "tail") == is_cause] += 1
    size = len(links) + len(truth)
    return 2 * hits / size if size else 1, marks[0], marks[1]


def put(links, i, j, lag, at_i, at_j):
    if lag == 0 and i > j:
        i, j, at_i, at_j = j, i, at_j, at_i
    links[i, j, lag] = (at_i, at_j)


def run_caus(program, method, data, lag, limit):
    rows, nodes = data[0].shape
    repeats = 3 if method in ("dagma", "notears", "lingam") else 20
    words = [program, method, len(data), rows, nodes, lag, ALPHA, repeats, limit,
             BIC]
    lines = subprocess.run(
        [str(w) for w in words], check=True, stdout=subprocess.PIPE,
        input=np.ascontiguousarray(np.vstack(data)).tobytes()
    ).stdout.decode().splitlines()
    links = {}
    for line in lines[1:]:
        i, mark, j, at = line.split()
        if int(i) < nodes and int(j) < nodes:
            put(links, int(i), int(j), int(at), ENDS[mark[0]], ENDS[mark[2]])
    return float(lines[0]), links


def run_peer(config, data):
    names = ["v%d" % k for k in range(data[0].shape[1])]
    if len(data) > 1:
        arguments = [names, [[np.ascontiguousarray(c) for c in part.T]
                             for part in data]]
    else:
        arguments = [{n: np.ascontiguousarray(c)
                      for n, c in zip(names, data[0].T)}]
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        result = config.run(*arguments, threads=1)
        best = min(best, time.process_time() - start)
    links = {}
    index = {n: k for k, n in enumerate(names)}
    if not result.graph_edges:
        for e in result.links:
            put(links, index[e.source], index[e.target],
                e.source_lag - e.target_lag, "tail", "arrow")
    for e in result.graph_edges:
        if e.source not in index or e.target not in index:
            continue
        i, j = index[e.source], index[e.target]
        lag = e.source_lag - e.target_lag
        if lag < 0:
            put(links, j, i, -lag, e.at_target, e.at_source)
        else:
            put(links, i, j, lag, e.at_source, e.at_target)
    return best, links


def jobs():
    for limit in (UNLIMITED, 2):
        note = "" if limit == UNLIMITED else ", limit 2"
        keys = {"alpha": ALPHA, "fdr": False, "max_cond_size": limit}
        for nodes, rows in ((5, 500), (10, 500), (20, 1000)):
            world = (lagged_world, nodes, rows, 2, 1)
            size = "%d, %d%s" % (nodes, rows, note)
            yield "pcmci", size, world, 2, peer.PCMCI(max_lag=2, **keys)
            yield "pcmci+", size, world, 2, peer.PCMCIPlus(max_lag=2, **keys)
            if nodes < 20:
                yield "lpcmci", size, world, 2, peer.LPCMCI(max_lag=2, **keys)
        for nodes, rows in ((5, 200), (8, 500)):
            yield ("jpcmci+", "%d, 5 × %d%s" % (nodes, rows, note),
                   (lagged_world, nodes, rows, 2, 5), 2,
                   peer.JPCMCIPlus(max_lag=2, **keys))
        for nodes, rows in ((10, 1000), (20, 1000), (50, 1000)):
            world = (static_world, nodes, rows, False)
            size = "%d, %d%s" % (nodes, rows, note)
            for name, kind in (("pc", peer.PC), ("fci", peer.FCI),
                               ("rfci", peer.RFCI)):
                # its FCI of more variables takes minutes
                if name != "fci" or nodes == 10 or (limit, nodes) == (2, 20):
                    yield name, size, world, 0, kind(**keys)
    for nodes in (10, 20, 50):
        size = "%d, 1000" % nodes
        world = (static_world, nodes, 1000, False)
        yield "ges", size, world, 0, peer.GES()
        if nodes < 50:
            yield "ges-turns", size, world, 0, peer.GES()
            yield "xges", size, world, 0, peer.GES()
            yield "notears", size, world, 0, peer.NOTEARS(standardize=False)
            yield "dagma", size, world, 0, peer.NOTEARS(standardize=False)
        yield ("lingam", size, (static_world, nodes, 1000, True), 0,
               peer.LiNGAM())


def measure(program, job, seeds):
    method, _, world, lag, config = job
    limit = UNLIMITED
    if method not in ("ges", "ges-turns", "xges", "notears", "dagma", "lingam"):
        limit = config.max_cond_size
    ratios, ours, theirs, refused = [], [], [], None
    for seed in range(1, seeds + 1):
        data, weights = world[0](np.random.default_rng(seed), *world[1:])
        mine, links = run_caus(program, method, data, lag, limit)
        try:
            taken, others = run_peer(config, data)
        except Exception as error:  # its own classes of errors
            refused = str(error)
            continue
        ratios.append((taken / mine, mine, taken))
        first = method == "pcmci"  # it has no answer at lag 0
        ours.append(judge(links, weights, first))
        theirs.append(judge(others, weights, first))
    return ratios, ours, theirs, refused


def mean(rows, k):
    return statistics.mean(row[k] for row in rows)


def difference(ours, theirs):
    """Of F1, with half of its interval's width: Student's, by the expansion of
    Cornish and Fisher."""
    each = [a[0] - b[0] for a, b in zip(ours, theirs)]
    free, z = len(each) - 1, 1.959964
    if free < 1:
        return each[0], math.nan
    t = (z + (z ** 3 + z) / (4 * free) +
         (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * free ** 2))
    return (statistics.mean(each),
            t * statistics.stdev(each) / math.sqrt(len(each)))


def show(job, seeds, found):
    ratios, ours, theirs, refused = found
    if not ratios:
        print("| %s | %s | | refused: %s |" % (job[0], job[1], refused))
        return
    note = "" if not refused else " (%d of %d)" % (len(ratios), seeds)
    print("| %s | %s%s | %.3f | %.2f | %.0f | %.3f, %.3f | %+.3f ± %.3f | "
          "%.1f, %.1f | %.1f, %.1f |"
          % ((job[0], job[1], note,
              1e3 * statistics.median(r[1] for r in ratios),
              1e3 * statistics.median(r[2] for r in ratios),
              statistics.median(r[0] for r in ratios),
              mean(ours, 0), mean(theirs, 0)) + difference(ours, theirs) +
             (mean(ours, 1), mean(theirs, 1), mean(ours, 2),
              mean(theirs, 2))))
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", help="bench_methods")
    parser.add_argument("methods", nargs="*", help="only these")
    parser.add_argument("--seeds", type=int, default=10)
    wanted = parser.parse_intermixed_args()
    program = os.path.abspath(wanted.program)
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    print("| method | variables, rows | caus ms | antecedent ms | ratio | F1 of "
          "links, theirs | difference | wrong marks, theirs | right marks, "
          "theirs |")
    print("|---|---|---|---|---|---|---|---|---|")
    for job in jobs():
        if not wanted.methods or job[0] in wanted.methods:
            show(job, wanted.seeds, measure(program, job, wanted.seeds))


main()
