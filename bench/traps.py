# SPDX-License-Identifier: Apache-2.0
"""What misleads, in numbers: docs/when-not-to-believe.md.

usage: traps.py CAUS_PROGRAM [SEEDS]

Every trap is a made-up system in which no service drives another, though each
calls the next. Each seed gives one data set; caus is asked twice, once as a
textbook would (pcmci+ with partial correlation on the incident's rows, no
correction for many tests) and once by its preset, with the call graph. Prints
one row of a Markdown table a trap: in how many data sets each claimed an arrow
that is not there. A second table tells what quantiles of few spans are worth.

Needs numpy; without it the reason is printed and the exit status is 77.
"""

import json
import os
import subprocess
import sys
import tempfile

try:
    import numpy as np
except ImportError:
    print("traps.py: numpy is not installed")
    sys.exit(77)

STEP = 15
BEFORE, AFTER = 480, 120
START = 1_760_000_000
ROWS = BEFORE + AFTER
NOTHING = {"edges": []}
INSUFFICIENT = 3  # exit status


def smooth(rng, rows, memory=0.7):
    noise = rng.normal(size=rows)
    for t in range(1, rows):
        noise[t] += memory * noise[t - 1]
    return noise


def level_shift(rng):
    """Four series on their own; in the incident each moves to a new level."""
    columns = {}
    for name in ("db_disk_used", "api_queue", "web_heap", "auth_cpu"):
        values = 50 + smooth(rng, ROWS)
        at = BEFORE + rng.integers(0, 12)
        values[at:] += rng.uniform(4, 8) * rng.choice([-1, 1])
        columns[name] = values
    return columns, {}


def shared_traffic(rng):
    """Two services that share visitors and nothing else."""
    traffic = 100 + 20 * smooth(rng, ROWS, 0.9)
    columns = {"gateway_calls": traffic}
    for service in ("cart", "search"):
        lagged = np.concatenate([traffic[:1], traffic[:-1]])
        columns[service + "_cpu"] = (
            0.02 * traffic + 0.01 * lagged + 0.5 * smooth(rng, ROWS)
        )
    return columns, {"workload": "gateway_calls"}


def unseen_traffic(rng):
    columns, _ = shared_traffic(rng)
    del columns["gateway_calls"]
    return columns, {}


def error_counts(rng):
    """Two services that begin to fail in the same minute for two reasons."""
    columns = {}
    for service in ("mail", "billing"):
        rate = np.concatenate([np.full(BEFORE, 0.01), np.full(AFTER, 2.0)])
        burst = np.exp(0.8 * smooth(rng, ROWS))
        columns[service + "_errors"] = rng.poisson(rate * burst).astype(float)
    return columns, {}


def near_twins(rng):
    """One histogram read twice, and a service that has nothing to do with it."""
    base = smooth(rng, ROWS)
    return {
        "cart_latency_p50": 0.1 + 0.01 * base,
        "cart_latency_p95": 0.3 + 0.03 * base + 0.001 * rng.normal(size=ROWS),
        "mail_queue": 5 + smooth(rng, ROWS),
    }, {}


def counters_taken_raw(rng):
    """Running totals of three services that never meet."""
    return {
        name: np.cumsum(rng.poisson(20 + 5 * np.abs(smooth(rng, ROWS)))).astype(float)
        for name in ("cart_total", "mail_total", "search_total")
    }, {}


def differenced(rng):
    """Levels of three services on their own, as a textbook differences them."""
    columns = {
        name: 40 + smooth(rng, ROWS, 0.5)
        for name in ("cart_heap", "mail_heap", "search_heap")
    }
    for values in columns.values():
        values[BEFORE + 3] += 25
    return columns, {"textbook": ["--transform", "difference"]}


def offset_scrapes(rng):
    """One quantity that two exporters report, scraped six seconds apart."""
    fine = smooth(rng, ROWS * 5 + 5, 0.95)
    first = fine[4 : 4 + 5 * ROWS : 5]
    second = fine[2 : 2 + 5 * ROWS : 5]
    return {
        "node_load": 2 + first + 0.2 * rng.normal(size=ROWS),
        "pod_load": 2 + second + 0.2 * rng.normal(size=ROWS),
    }, {}


TRAPS = (
    ("the incident's own change of level", level_shift),
    ("shared traffic, measured", shared_traffic),
    ("shared traffic, not measured", unseen_traffic),
    ("error counts that start together", error_counts),
    ("two readings of one thing", near_twins),
    ("counters taken as they are", counters_taken_raw),
    ("differencing a spike", differenced),
    ("two scrapes of one quantity", offset_scrapes),
)


def write_csv(path, columns, first):
    names = list(columns)
    with open(path, "w", encoding="ascii") as file:
        file.write("time," + ",".join(names) + "\n")
        for t in range(first, ROWS):
            values = ",".join(repr(float(columns[name][t])) for name in names)
            file.write(f"{START + STEP * t},{values}\n")


def write_calls(path, columns):
    """Each service calls the one before it: the order in which blame runs."""
    services = list(dict.fromkeys(name.split("_")[0] for name in columns))
    with open(path, "w", encoding="ascii") as file:
        file.write("src,dst\n")
        for callee, caller in zip(services, services[1:]):
            file.write(f"{caller},{callee}\n")


def ask(program, path, words):
    """The answer, or None where caus says that the data carry no evidence."""
    command = [program, "discover", "--csv", path, "--format", "json", "--quiet"]
    command += ["--max-lag", "3", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in (0, INSUFFICIENT):
        sys.exit(f"traps.py: {' '.join(command)}: {done.stderr}")
    return None if done.returncode else json.loads(done.stdout)


def arrows(answer):
    """Links between two series that claim a direction."""
    return [
        edge
        for edge in answer["edges"]
        if edge["source"] != edge["target"] and edge["type"] == "directed"
    ]


def claims(answer):
    """Arrows with a word that claims more than moving together."""
    return [e for e in arrows(answer) if e.get("word") in ("drives", "caused")]


def run_trap(program, folder, make, seeds):
    wrong = {"textbook": 0, "arrow": 0, "claim": 0, "refused": 0}
    for seed in range(seeds):
        columns, extra = make(np.random.default_rng(seed))
        path = os.path.join(folder, "trap.csv")
        write_csv(path, columns, BEFORE - AFTER)
        words = ["--method", "pcmci+", *extra.get("textbook", [])]
        wrong["textbook"] += bool(arrows(ask(program, path, words) or NOTHING))
        write_csv(path, columns, 0)
        calls = os.path.join(folder, "calls.csv")
        write_calls(calls, columns)
        words = ["--at", str(START + STEP * BEFORE), "--topology", calls]
        if "workload" in extra:
            words += ["--workload", extra["workload"]]
        answer = ask(program, path, words)
        wrong["refused"] += answer is None
        wrong["arrow"] += bool(arrows(answer or NOTHING))
        wrong["claim"] += bool(claims(answer or NOTHING))
    return wrong


def print_quantiles():
    """How far the p95 and p50 of few spans lie from those of many."""
    rng = np.random.default_rng(1)
    print("| spans in a step | error of p95 | error of p50 |")
    print("|---|---|---|")
    for count in (5, 20, 50, 500):
        spans = rng.lognormal(0, 0.7, size=(20000, count))
        errors = [
            np.std(np.quantile(spans, q, axis=1)) / np.exp(0.7 * z)
            for q, z in ((0.95, 1.645), (0.5, 0))
        ]
        print(f"| {count} | {100 * errors[0]:.0f} % | {100 * errors[1]:.0f} % |")


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    seeds = int(sys.argv[2]) if len(sys.argv) > 2 else 50
    print(f"| trap, {seeds} data sets | textbook: an arrow | preset: an arrow "
          '| preset: "drives" | preset: refused |')
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name, make in TRAPS:
            wrong = run_trap(sys.argv[1], folder, make, seeds)
            shares = [f"{100 * wrong[k] / seeds:.0f} %" for k in wrong]
            print(f"| {name} | {' | '.join(shares)} |", flush=True)
    print()
    print_quantiles()


if __name__ == "__main__":
    main()
