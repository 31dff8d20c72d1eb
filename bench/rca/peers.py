#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Puts `caus explain` beside the Python programs for root causes on the same
cases in the same run: who is right how often, and CPU seconds a case.

Peers, those that the interpreter can import: BARO's multivariate Bayesian
change point detection with its RobustScorer (fse-baro), and methods of RCAEval
(rcaeval). Names are neutral as in run.py, truth is hidden.

usage: peers.py --caus PROGRAM [--call BENCH_EXPLAIN] [--data FOLDER] [--sets a,b] [--worlds N]
                [--methods a,b] [--most SECONDS] [--cases N] [--seed N]

Peers get the metrics, gaps filled with the value before, and the onset, except
that of baro-found, which finds it. They get no call graph, traces or changes,
which they do not take. A service's rank is that of its first metric. caus runs
as a whole program, with reading and writing, twice: with the same and with all
that the case has. A peer's seconds are those of its call alone, the first of a
process, without start, imports and reading; so are those of caus that ratios are
to, which need bench_explain (--call). A case that takes longer than --most ends, and counts as
wrong and as long as that.

Exits 77 when no peer can be imported or no case is there.
"""
import argparse
import collections
import contextlib
import io
import multiprocessing
import os
import re
import resource
import subprocess
import sys
import tempfile
import time

import run as bench

METHODS = ["baro", "baro-found", "nsigma", "rcaeval-baro", "circa", "rcd",
           "microcause", "pc_pagerank", "granger_pagerank", "lingam_pagerank",
           "fci_pagerank", "causalrca", "e_diagnosis"]


def find_method(name):
    """A function of the table, the onset and the symptom to ranked columns."""
    if name in ("baro", "baro-found", "nsigma"):
        from baro.anomaly_detection import bocpd
        from baro.root_cause_analysis import nsigma, robust_scorer
        if name == "nsigma":
            return lambda table, onset, sli: nsigma(table, inject_time=onset)
        if name == "baro":
            return lambda table, onset, sli: robust_scorer(
                table, inject_time=onset)
        return lambda table, onset, sli: robust_scorer(
            table, anomalies=bocpd(table))
    module = {"rcaeval-baro": "baro", "e_diagnosis": "run"}.get(name, name)
    loaded = __import__(f"RCAEval.e2e.{module}", fromlist=[module])
    method = getattr(loaded, "baro" if name == "rcaeval-baro" else name)
    return lambda table, onset, sli: method(
        table, inject_time=onset, dataset="case", sli=sli, num_loop=10)


def cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def table_of(case):
    import pandas as pd
    table = pd.DataFrame(
        [[float(v) if v else float("nan") for v in row] for row in case.rows],
        columns=["time"] + case.header[1:])
    return table.ffill().bfill().fillna(0)


def call(name, case, answers):
    """In a process of its own: what it leaves behind is nobody's start."""
    with contextlib.redirect_stdout(io.StringIO()), \
            contextlib.redirect_stderr(io.StringIO()) as said:
        method, table = find_method(name), table_of(case)
        start = cpu_seconds()
        try:
            found = method(table, case.onset, case.symptom)["ranks"]
        except Exception as error:
            answers.put((None, cpu_seconds() - start, repr(error)))
            return
        took = cpu_seconds() - start
    given_up = [line for line in said.getvalue().splitlines()
                if "returning the unranked column order" in line]
    answers.put((None if given_up else [str(c) for c in found], took,
                 "".join(given_up[:1])))


def ask(name, case, most):
    answers = multiprocessing.Queue()
    worker = multiprocessing.Process(target=call, args=(name, case, answers))
    worker.start()
    limit = time.monotonic() + most + 30  # and its imports
    while worker.is_alive() and answers.empty() and time.monotonic() < limit:
        worker.join(.02)
    if answers.empty() and worker.is_alive():
        worker.kill()
        worker.join()
        return None, most, f"more than {most} s"
    try:
        found = answers.get(timeout=5)
    except Exception:
        found = None, 0, f"ended with {worker.exitcode}"
    worker.join()
    return found


def services_of(columns):
    order = []
    for column in columns:
        service = column.split("_", 1)[0]
        if service not in order:
            order.append(service)
    return order


def ask_caus(program, case, everything):
    """The rank of the root and CPU seconds of the whole program."""
    with tempfile.TemporaryDirectory() as folder:
        case.write(folder)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        told, _, _ = bench.explain(program, folder, case.symptom, case.onset,
                                   everything, everything)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    took = (after.ru_utime + after.ru_stime -
            before.ru_utime - before.ru_stime)
    services = [s["service"] for s in told["services"]
                if not s.get("observer")] if told else []
    return bench.rank_of(services, case.root, 10 ** 6), took


def call_seconds(program, case):
    """CPU seconds of the library's first call of a process and of a later one,
    the onset given, and of a first call that looks for it; metrics alone."""
    def figures(path, *given):
        done = subprocess.run([program, path, *given], capture_output=True, text=True,
                              check=True)
        return [float(ms) / 1000 for ms in
                re.search(r"first call ([0-9.]+) ms.*median ([0-9.]+) ms", done.stdout).groups()]
    with tempfile.TemporaryDirectory() as folder:
        case.write(folder)
        path = os.path.join(folder, "metrics.csv")
        return figures(path, "-", repr(case.onset)) + figures(path)[:1]


def available(names):
    for name in names:
        try:
            with contextlib.redirect_stdout(io.StringIO()), \
                    contextlib.redirect_stderr(io.StringIO()):
                find_method(name)
            yield name
        except Exception as error:
            print(f"{name}: not run ({error})", file=sys.stderr)


def show(name, ranks, seconds, base, notes):
    share = [sum(r <= k for r in ranks) / len(ranks) for k in (1, 3)]
    mean = sum(seconds) / len(seconds)
    ratio = f"{mean / base:.1f}" if base else "1"
    said = "; ".join(f"{count} × {note}" for note, count in
                     notes.most_common(2))
    print(f"| {name} | {share[0]:.2f} | {share[1]:.2f} | {mean:.4f} | {ratio} "
          f"| {said} |", flush=True)


def compare(options, name, cases, methods):
    print(f"\n{name}, {len(cases)} cases\n\n| method | AC@1 | AC@3 | CPU s a "
          "case | times caus | failed |\n|---|---|---|---|---|---|", flush=True)
    base = None
    if options.call:
        called = [call_seconds(options.call, c) for c in cases]
        base, later, looked = (sum(times) / len(times) for times in zip(*called))
        for what, took in (("the first of a process", base), ("a later call", later),
                           ("a first call that looks for the onset", looked)):
            print(f"| caus_explain(), {what} | | | {took:.4f} | {took / base:.1f} | |",
                  flush=True)
    for everything in (False, True):
        told = [ask_caus(options.caus, c, everything) for c in cases]
        seconds = [t for _, t in told]
        show("caus explain, " + ("all" if everything else "metrics"),
             [r for r, _ in told], seconds, base, collections.Counter())
        base = base or sum(seconds) / len(seconds)
    for method in methods:
        ranks, seconds, notes = [], [], collections.Counter()
        for case in cases:
            columns, took, note = ask(method, case, options.most)
            seconds.append(took)
            ranks.append(10 ** 6 if columns is None else bench.rank_of(
                services_of(columns), case.root, 10 ** 6))
            if columns is None:
                notes[note[:60]] += 1
        show(method, ranks, seconds, base, notes)


def find_sets(options):
    for name in options.sets.split(",") if options.data else []:
        folder = os.path.join(options.data, name)
        if os.path.isdir(folder):
            yield name, bench.read_cases(folder, options.seed)
    if options.worlds:
        with tempfile.TemporaryDirectory() as folder:
            bench.make_worlds(options, folder)
            yield "worlds", bench.read_cases(folder, options.seed)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--caus", required=True)
    parser.add_argument("--call")
    parser.add_argument("--data", default=os.environ.get("CAUS_RCA_DATA"))
    parser.add_argument("--sets", default="dev_rcd_sockshop,dev_nezha_ob")
    parser.add_argument("--worlds", type=int, default=0)
    parser.add_argument("--methods", default=",".join(METHODS))
    parser.add_argument("--most", type=float, default=60)
    parser.add_argument("--cases", type=int, default=10 ** 6)
    parser.add_argument("--seed", type=int, default=1)
    parser.set_defaults(world_seed=1, world_traces=False, world_logs=False)
    options = parser.parse_args()
    methods = list(available(options.methods.split(",")))
    if not methods:
        print("no peer can be imported: pip install fse-baro rcaeval")
        sys.exit(77)
    done = False
    for name, cases in find_sets(options):
        compare(options, name, cases[:options.cases], methods)
        done = True
    sys.exit(0 if done else 77)


if __name__ == "__main__":
    main()
