#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""False links of the incident preset where no link can be true.

Every graph takes its columns from as many different recordings, one from each,
aligned at the incident. Reads folders in the layout of data/rca; recordings of
one column set are told apart by their folder. Worlds (caus simulate world) are
one more kind of source, reported apart. Draws until so many graphs were answered.

  null.py CAUS KIND FOLDER [graphs] [columns]
    KIND  rca: FOLDER/<case>/{metrics.csv,truth.json}, rows on both sides
          halves: the same, healthy rows only, each recording cut in stretches of
                  about 100 rows, two of which make baseline and incident
          worlds: FOLDER/<seed>/{series.csv,truth.json}
          made: no recordings but independent autoregressions, each with a
                coefficient from .3 to .9, 100 + 100 rows, another level in the
                incident; FOLDER says of what: normal, tails (Student's t, 3
                degrees), bursts (moves in one row of eight), load (normal, and
                all follow one count of calls, given as --workload), guess (the
                same, not given)
"""
import csv
import json
import math
import pathlib
import random
import subprocess
import sys
import tempfile

LEAST_AFTER, MOST_BEFORE, MOST_AFTER = 60, 400, 240
STRETCH = 100  # rows of a healthy stretch
LOAD = "front_calls"  # what all series that are made with it follow


def read_columns(path):
    with open(path, newline="") as file:
        rows = list(csv.reader(file))
    names = rows[0][1:]
    times = [float(row[0]) for row in rows[1:]]
    columns = {}
    for at, name in enumerate(names):
        columns[name] = [row[at + 1] for row in rows[1:]]
    return times, columns


def longest_even(times):
    """[from, to) of the longest stretch of one step."""
    step = sorted(b - a for a, b in zip(times, times[1:]))[len(times) // 2]
    best, start = (0, 0), 0
    for at in range(1, len(times) + 1):
        if at == len(times) or abs(times[at] - times[at - 1] - step) > step / 2:
            best = max(best, (start, at), key=lambda x: x[1] - x[0])
            start = at
    return best


def cut_at(times, columns, onset):
    at = sum(t < onset for t in times)
    return [
        {name: column[max(0, at - MOST_BEFORE):at]
         for name, column in columns.items()},
        {name: column[at:at + MOST_AFTER] for name, column in columns.items()},
    ]


def load_halves(columns, first, end, case):
    """Stretches of healthy rows, two by two: baseline and incident."""
    count = max(2, (end - first) // STRETCH // 2 * 2)
    length = (end - first) // count
    if length < LEAST_AFTER:
        return []
    pieces = [{n: c[first + i * length:first + (i + 1) * length]
               for n, c in columns.items()} for i in range(count)]
    return [(f"{case}/{i}", pieces[i], pieces[i + 1])
            for i in range(0, count, 2)]


def load(kind, folder):
    """[(recording, baseline columns, incident columns)]"""
    found, seen = [], set()
    for case in sorted(pathlib.Path(folder).iterdir()):
        truth_path = case / "truth.json"
        if not truth_path.exists():
            continue
        truth = json.loads(truth_path.read_text())
        onset = truth.get("inject_time", truth.get("onset"))
        name = "series.csv" if kind == "worlds" else "metrics.csv"
        times, columns = read_columns(case / name)
        at = sum(t < onset for t in times)
        if kind != "halves":
            before, after = cut_at(times, columns, onset)
            if len(next(iter(after.values()))) >= LEAST_AFTER:
                found.append((case.name, before, after))
            continue
        first, end = longest_even(times[:at])
        # Cases may share one healthy recording, under other clocks.
        hashes = {hash(tuple(c[first:end])) for c in columns.values()
                  if varies(c[first:end])}
        if not hashes & seen:
            found += load_halves(columns, first, end, case.name)
        seen |= hashes
    return found


def varies(values):
    numbers = [v for v in values if v not in ("", "NaN")]
    return len(numbers) > len(values) * .8 and len(set(numbers)) > 5


def draw(recordings, count, chance):
    """One column each of `count` recordings."""
    picked = []
    for case, before, after in chance.sample(recordings, count):
        usable = [n for n in before
                  if n in after and varies(before[n]) and varies(after[n])]
        name = chance.choice(usable)
        picked.append((case, name, before[name], after[name]))
    return picked


def made_noise(sort, chance):
    if sort == "tails":
        return chance.gauss(0, 1) / math.sqrt(chance.gammavariate(1.5, 2) / 3)
    if sort == "bursts":
        return chance.gauss(0, 1) * (1 if chance.random() < 1 / 8 else .02)
    return chance.gauss(0, 1)


def made_column(sort, chance):
    keep, value, column = chance.uniform(.3, .9), 0, []
    for _ in range(2 * STRETCH + 50):
        value = keep * value + made_noise(sort, chance)
        column.append(value)
    return column[50:]


def draw_made(sort, count, chance):
    columns = {f"v{i}_gauge": made_column(sort, chance) for i in range(count)}
    if sort in ("load", "guess"):
        load = made_column(sort, chance)
        for column in columns.values():
            share = chance.uniform(.5, 2)
            for row in range(1, len(load)):
                column[row] += share * load[row] + share / 2 * load[row - 1]
        columns[LOAD] = load
    return [(sort, name, [f"{50 + v:.6f}" for v in column[:STRETCH]],
             [f"{70 + v:.6f}" for v in column[STRETCH:]])
            for name, column in columns.items()]


def write(picked, path):
    before = min(len(p[2]) for p in picked)
    after = min(len(p[3]) for p in picked)
    start, step = 1_700_000_000, 60
    with open(path, "w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["time"] + [LOAD if p[1] == LOAD else f"v{i}_gauge"
                                 for i, p in enumerate(picked)])
        for row in range(before + after):
            values = [p[2][len(p[2]) - before + row] if row < before
                      else p[3][row - before] for p in picked]
            out.writerow([start + row * step] + values)
    return start + before * step


def run(caus, path, onset, extra):
    done = subprocess.run(
        [caus, "discover", "--csv", path, "--at", str(onset), "--max-lag", "3",
         "--format", "json", "--all-links", "--quiet", *extra],
        capture_output=True, text=True)
    if done.returncode:
        return None, done.stderr.strip()
    return json.loads(done.stdout), ""


def is_known(link):
    """Not false: a variable's own past, or the load that all follow."""
    ends = link["source"], link["target"]
    return ends[0] == ends[1] or LOAD in ends


def main():
    caus, kind, folder = sys.argv[1:4]
    graphs = int(sys.argv[4]) if len(sys.argv) > 4 else 500
    count = int(sys.argv[5]) if len(sys.argv) > 5 else 8
    extra = sys.argv[6:]
    recordings = load(kind, folder) if kind != "made" else []
    chance = random.Random(20261121)
    if kind != "made":
        count = min(count, len(recordings))
    elif folder == "load":
        extra += ["--workload", LOAD]
    tally = {k: 0 for k in ("graphs", "edges", "replicated", "lag0", "lag0_05",
                            "lagged", "lagged_001", "refused", "nodes", "drives")}
    with tempfile.TemporaryDirectory() as room:
        path = f"{room}/null.csv"
        while tally["graphs"] < graphs and tally["refused"] < 2 * graphs:
            picked = (draw_made(folder, count, chance) if kind == "made"
                      else draw(recordings, count, chance))
            onset = write(picked, path)
            answer, why = run(caus, path, onset, extra)
            if answer is None:
                tally["refused"] += 1
                if tally["refused"] == 1:
                    print(why)
                continue
            tally["graphs"] += 1
            tally["nodes"] += len(answer["nodes"])
            seen = set()
            for edge in answer["edges"]:
                if is_known(edge):
                    continue
                tally["edges"] += 1
                tally["replicated"] += edge.get("environments") == "replicated"
                tally["drives"] += edge["word"] == "drives"
            for link in answer.get("links", []):
                if is_known(link):
                    continue
                p = link["p_value"]
                if link["lag"] == 0:
                    pair = frozenset((link["source"], link["target"]))
                    if pair in seen:
                        continue
                    seen.add(pair)
                    tally["lag0"] += 1
                    tally["lag0_05"] += p <= .05
                else:
                    tally["lagged"] += 1
                    tally["lagged_001"] += p <= .001
    n = max(tally["graphs"], 1)
    print(f"{kind} {pathlib.Path(folder).name}: {len(recordings)} recordings, "
          f"{tally['graphs']} graphs of {count} ({tally['refused']} refused), "
          f"{tally['nodes'] / n:.1f} nodes; false links a graph "
          f"{tally['edges'] / n:.3f}, replicated {tally['replicated'] / n:.3f}, "
          f"drives {tally['drives'] / n:.3f}; "
          f"lag-0 share at .05 {tally['lag0_05'] / max(tally['lag0'], 1):.4f}, "
          f"lagged at .001 {tally['lagged_001'] / max(tally['lagged'], 1):.4f}")


if __name__ == "__main__":
    main()
