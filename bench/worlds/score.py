#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Scores `caus discover` on simulated worlds against their truth.json.

  score.py CAUS FOLDER [discover options...]   runs caus on the CSV files
  score.py --answers FOLDER                    scores answer.json (servers.sh)
  -v tells every wrong edge, not the first 60
  --no-calls keeps graph.csv from caus

FOLDER/<seed>/ holds series.csv, graph.csv and truth.json, and answer.json of servers;
its twin/, where there is one, the same world without the fault (see onset_error.py).
An edge is a pair of variables, whatever the number of its lags. Right: a true direct
cause of the target, or one through variables that were left out; of a family, any member.
Weak true edges (may be too small to see) count neither way. A link of another
sign than its mechanism's is wrong. Reversed: the true edge points back. Recall:
true edges that are not weak, between two nodes of the answer; "of all" counts
those with a variable left out as missed too.
"""
import collections
import json
import math
import pathlib
import re
import subprocess
import sys

from concurrent.futures import ThreadPoolExecutor

from onset_error import OnsetErrors, World, seconds


def rename(answer):
    """Counters of Prometheus by the names that truth.json has for calls."""
    def name(label):
        asked = re.fullmatch(r'requests_total\{service="(.*)"\}', label)
        return asked.group(1) + "_calls" if asked else label
    for node in answer["nodes"]:
        node["label"] = name(node["label"])
    for edge in answer["edges"]:
        edge["source"], edge["target"] = name(edge["source"]), name(edge["target"])
    for family in answer["data"].get("families", []):
        family["members"] = [name(m) for m in family["members"]]
    return answer


class Truth:
    def __init__(self, path):
        self.raw = json.loads(path.read_text())
        self.strong, self.weak = {}, {}
        self.weak_signs = collections.defaultdict(set)
        for e in self.raw["edges"]:
            if e["weak"]:
                self.weak_signs[(e["source"], e["target"])].add(e["sign"])
            to = self.weak if e["weak"] else self.strong
            to.setdefault((e["source"], e["target"]), []).append(
                e["lag_seconds"])
        self.all = {**self.weak, **self.strong}

    def through(self, hidden):
        """Strong pairs, with paths through hidden variables joined."""
        after = collections.defaultdict(dict)
        for (a, b), lags in self.strong.items():
            after[a][b] = (min(l[0] for l in lags if l[0] is not None)
                           if any(l[0] is not None for l in lags) else 0,
                           max((l[1] or 0) for l in lags))
        result = {}
        for a in after:
            if a in hidden:
                continue
            stack, seen = [(a, 0, 0)], set()
            while stack:
                at, low, high = stack.pop()
                for b, (l, h) in after.get(at, {}).items():
                    if b in hidden:
                        if b not in seen:
                            seen.add(b)
                            stack.append((b, low + l, high + h))
                    else:
                        result.setdefault((a, b), (low + l, high + h))
        return result


def members_of(answer):
    own = {}
    for node in answer["nodes"]:
        own[node["label"]] = node["label"]
    for family in answer["data"].get("families", []):
        kept = [m for m in family["members"] if m in own]
        for m in family["members"]:
            if kept and m not in own:
                own[m] = kept[0]
    return own


def lag_interval(edge, step):
    given = edge.get("lag_interval_seconds")
    if given:
        return given
    return ((edge["lag"] - 1) * step, (edge["lag"] + 1) * step)


def score(answer, truth, words=("drives",)):
    step = answer["window"]["step_seconds"]
    node_of = members_of(answer)
    every = {v for pair in truth.all for v in pair}
    hidden = {v for v in every if v not in node_of}
    strong = {}
    for (a, b), lag in truth.through(hidden).items():
        na, nb = node_of[a], node_of[b]
        if na != nb:
            strong[(na, nb)] = lag
    weak = collections.defaultdict(set)
    for (a, b), signs in truth.weak_signs.items():
        weak[(node_of.get(a), node_of.get(b))] |= signs
    back = {(b, a) for a, b in strong} - set(strong)
    found = collections.defaultdict(list)
    for e in answer["edges"]:
        if e["source"] != e["target"] and e["word"] in words:
            pair = (e["source"], e["target"])
            if e["type"] != "directed" and pair[::-1] in strong:
                pair = pair[::-1]  # no arrow: written in either order
            found[pair].append(e)
    c = collections.Counter()
    wrong = []
    for pair, edges in found.items():
        signs = {math.copysign(1, e["strength"]) for e in edges}
        if pair in strong and 1 in signs:  # no strong one is negative
            c["right"] += 1
            low, high = strong[pair]
            # a hidden path has the longer of lags; a counter's order may be
            # the other way round: its lags are below zero
            covered = any(i[0] - 1e-9 <= low and high <= i[1] + 1e-9
                          for i in (lag_interval(e, step) for e in edges))
            c["covered"] += covered
        elif signs & weak[pair]:
            c["weak"] += 1
        elif pair in back:
            c["reversed"] += 1
            wrong.append(("reversed", *pair))
        else:
            c["wrong"] += 1
            wrong.append(("wrong", *pair))
    c["true"] = len(strong)
    c["missed"] = len(set(strong) - set(found))
    c["all_true"] = len(truth.strong)
    kinds = collections.Counter()
    for pair in strong:
        kind = pair[1].rsplit("_", 1)[1]
        kinds[kind] += 1
        kinds[kind + "+"] += pair in found
    return c, kinds, wrong


def run(args):
    caus, folder, extra = args
    if caus == "--answers":
        try:
            return folder, rename(json.loads(
                (folder / "answer.json").read_text())), ""
        except (OSError, ValueError):
            return folder, None, (folder / "errors").read_text()
    calls = ["--topology", f"{folder}/graph.csv"]
    if "--no-calls" in extra:
        extra, calls = [e for e in extra if e != "--no-calls"], []
    done = subprocess.run(
        [caus, "discover", "--csv", f"{folder}/series.csv", *calls,
         "--format", "json", "--quiet", "--threads", "1", *extra],
        capture_output=True, text=True)
    if done.returncode:
        return folder, None, done.stderr
    return folder, json.loads(done.stdout), done.stderr


def said_onset(answer):
    """Its time, its interval and the incident's end, in seconds; None where none
    was found."""
    onset = answer["window"].get("onset")
    if not onset:
        return None
    end = answer["window"].get("incident_end")
    return (seconds(onset["time"]), [seconds(t) for t in onset["interval"]],
            end and seconds(end))


class Tally:
    """What became of the worlds."""

    def __init__(self):
        self.total, self.kinds, self.marked, self.any_word = (
            collections.Counter() for _ in range(4))
        self.onsets = OnsetErrors()
        self.details = []

    def add(self, folder, answer, truth):
        self.total["worlds"] += 1
        c, kinds, wrong = score(answer, truth)
        self.any_word += score(answer, truth,
                               ("drives", "preceded", "moved with"))[0]
        self.total += c
        self.kinds += kinds
        self.details += [(folder.name, *w) for w in wrong]
        self.total["two_environments"] += len(
            answer["window"].get("environments", [])) == 2
        self.add_onset(folder, said_onset(answer), truth.raw)

    def add_onset(self, folder, said, truth):
        if truth["fault"] == "none":
            self.total["healthy"] += 1
            self.total["healthy_called"] += bool(said)
            return
        affected = bool(truth["effects"])
        self.marked["affected" if affected else "unaffected"] += 1
        if not said:
            return
        self.marked["called" if affected else "called_unaffected"] += 1
        if affected:
            twin = folder / "twin"
            self.onsets.add(World(folder), World(twin) if twin.exists() else None,
                            *said)

    def print(self, verbose):
        total = self.total
        judged = total["right"] + total["wrong"] + total["reversed"]
        print(dict(total), dict(self.marked))
        print("drives: precision %.3f recall %.3f of all %.3f reversed %.3f "
              "lag covered %.3f" % (
                  total["right"] / max(judged, 1),
                  total["right"] / max(total["true"], 1),
                  total["right"] / max(total["all_true"], 1),
                  total["reversed"] / max(judged, 1),
                  total["covered"] / max(total["right"], 1)))
        print("any word:", dict(self.any_word))
        print("by kind:", {k: f"{self.kinds[k + '+']}/{n}"
                           for k, n in self.kinds.items() if not k.endswith("+")})
        self.onsets.print()
        for d in self.details if verbose else self.details[:60]:
            print("  ", *d)


def main():
    caus, folder, *extra = sys.argv[1:]
    verbose = "-v" in extra
    folders = sorted(p for p in pathlib.Path(folder).iterdir()
                     if (p / "truth.json").exists())
    extra = [e for e in extra if e != "-v"]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(run, [(caus, f, extra) for f in folders]))
    tally = Tally()
    for folder, answer, why in answers:
        if answer is None:
            tally.total["refused"] += 1
            tally.details.append((folder.name, why.strip()))
        else:
            tally.add(folder, answer, Truth(folder / "truth.json"))
    tally.print(verbose)


if __name__ == "__main__":
    main()
