# SPDX-License-Identifier: Apache-2.0
"""Novelty of log lines in incidents and in healthy windows, beside the log clue.

usage: novelty.py BENCH_PROGRAM CAUS [--worlds N] [--world-seed N] [SET_FOLDER...]

BENCH_PROGRAM scores templates by TF-IDF (caus_logs_novelty()); the log clue is
the term `logs` of `caus explain` on the same rows and lines. A SET_FOLDER holds
cases with metrics.csv, logs.jsonl, graph.csv and truth.json, packed (.zst) or
not; worlds are simulated. Services are renamed and the truth is hidden, as
rca/run.py does it.

Of each case five windows as long as an eighth of its healthy rows, each behind
as many rows as half of them: four healthy ones and one from the onset on. A
window's value is the largest of any service. "Over all": incidents whose value
is above that of each of their healthy windows (by chance one in five); "area":
how often an incident's is above a healthy window's of any case, ties half.
"Root first": ties share the place. Intervals: Wilson, 95 %.
"""

import argparse
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "rca")]

import anomaly  # noqa: E402
import run as rca  # noqa: E402

HEALTHY_WINDOWS = 4
SHOWN_IN_LOGS = {"code", "errors"}


def windows_of(case):
    """First row, row of the beginning and end; the incident comes last."""
    before = sum(t <= case.onset for t in case.times)
    length = before // 8
    starts = [before - length * k for k in range(HEALTHY_WINDOWS, -1, -1)]
    return [(start - before // 2, start, start + length) for start in starts]


def novelty_of(program, folder, first, onset, step):
    path = os.path.join(folder, "logs.jsonl")
    done = subprocess.run([program], input=f"{path} {first} {onset} {step}\n",
                          capture_output=True, text=True, check=True)
    words = done.stdout.split()
    return {s: float(v) for s, v in zip(words[::2], words[1::2])}


def clue_of(caus, folder, onset):
    told, error, _ = rca.explain(caus, folder, None, onset, True, False, True)
    if told is None:
        raise RuntimeError(error)
    return {s["service"]: s["terms"]["logs"]["score"] for s in told["services"]}


def ask(options, case, window):
    first, begin, end = window
    with tempfile.TemporaryDirectory() as folder:
        case.write(folder, case.rows[first:end])
        onset = case.times[begin] - case.step
        start = case.times[first] - case.step
        return {"novelty": novelty_of(options.program, folder, start, onset, case.step),
                "log clue": clue_of(options.caus, folder, onset)}


def place(scores, root):
    """How likely the root is first, and among three, ties drawn by lot."""
    own = scores.get(root, 0)
    above = sum(v > own for s, v in scores.items() if s != root)
    beside = 1 + sum(v == own for s, v in scores.items() if s != root)
    if own <= 0:
        return 0, 0
    return [min(1, max(0, most - above) / beside) for most in (1, 3)]


def report(name, kind, found):
    """found: of each case its root and the scores of its windows."""
    peaks = [[max(w.values(), default=0) for w in windows] for _, windows in found]
    over = sum(p[-1] > max(p[:-1]) for p in peaks)
    healthy = [v for p in peaks for v in p[:-1]]
    pairs = [(p[-1] > v) + .5 * (p[-1] == v) for p in peaks for v in healthy]
    places = [place(windows[-1], root) for root, windows in found]
    first, three = (sum(p[i] for p in places) for i in (0, 1))
    print(f"{name:22} {kind:9} {len(found):3} cases: over all "
          f"{anomaly.interval(over, len(found))}; area {sum(pairs) / len(pairs):.3f}; "
          f"root first {anomaly.interval(first, len(found))}, in three {three / len(found):.2f}")


def score(options, name, folder):
    cases = [c for c in rca.read_cases(folder, options.seed) if c.has_logs]
    found = {}
    for case in cases:
        asked = [ask(options, case, w) for w in windows_of(case)]
        shown = case.truth.get("fault") in SHOWN_IN_LOGS
        for kind in asked[0]:
            one = (case.root, [a[kind] for a in asked])
            for group in (name, f"{name}, {'code, errors' if shown else 'others'}"):
                found.setdefault((group, kind), []).append(one)
    for (group, kind), items in sorted(found.items()):
        report(group, kind, items)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("program")
    parser.add_argument("caus")
    parser.add_argument("sets", nargs="*")
    parser.add_argument("--worlds", type=int, default=0)
    parser.add_argument("--world-seed", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.world_logs, options.world_traces = True, False
    for folder in options.sets:
        score(options, os.path.basename(os.path.abspath(folder)), folder)
    if options.worlds:
        with tempfile.TemporaryDirectory() as folder:
            rca.make_worlds(options, folder)
            score(options, "worlds", folder)


if __name__ == "__main__":
    main()
