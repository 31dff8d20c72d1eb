#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Which words the hops of chains earn in simulated worlds, and how many of them
lie between two services that the fault did affect; and whether the symptom's
change is shared out to the service that was at fault.

usage: [CAUS_BUILD=build/release] words.py [FIRST_SEED [WORLDS]]

4 to 40 services; onset and call graph are given. Hops of all ranked services.
"""
import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
CAUS = ROOT / os.environ.get("CAUS_BUILD", "build/release") / "src/cli/caus"


def run(*words):
    return subprocess.run([CAUS, *map(str, words)], check=True,
                          capture_output=True, text=True).stdout


def explain(folder, seed):
    run("simulate", "world", "--seed", seed, "--services", 4 + seed % 37,
        "--only", "series.csv", "-o", folder)
    truth = json.loads((folder / "truth.json").read_text())
    answer = json.loads(run(
        "explain", "--quiet", "--exit-zero", "--format", "json",
        "--csv", folder / "series.csv", "--topology", folder / "graph.csv",
        "--at", f"{truth['onset']:.0f}"))
    return answer, truth


def count_hops(answer, affected, counts):
    for service in answer["services"]:
        for hop in service.get("chain", []):
            both = hop["from"] in affected and hop["to"] in affected
            counts[hop.get("word", "none"), both] += 1


class Shares:
    """What the roots' shares of the symptoms' changes are."""

    def __init__(self):
        self.values, self.most, self.covered = [], 0, 0

    def count(self, answer, root):
        shares = {s["service"]: s["share"] for s in answer["services"] if "share" in s}
        if root not in shares:
            return
        own = shares[root]
        self.values.append(own["value"])
        self.most += own["value"] >= max(s["value"] for s in shares.values())
        self.covered += own["interval"][1] >= .95

    def show(self, worlds):
        mean = sum(self.values) / max(1, len(self.values))
        print(f"the root's share: known in {len(self.values)} of {worlds}, the largest in "
              f"{self.most}, mean {mean:.2f}, its interval reaches .95 in {self.covered}")


def main():
    first = int(sys.argv[1]) if len(sys.argv) > 1 else 6001
    worlds = int(sys.argv[2]) if len(sys.argv) > 2 else 48
    counts, shares = collections.Counter(), Shares()
    for seed in range(first, first + worlds):
        with tempfile.TemporaryDirectory() as folder:
            answer, truth = explain(pathlib.Path(folder), seed)
            count_hops(answer, set(truth["affected_services"]), counts)
            shares.count(answer, truth["root"])
    print(f"{'word':12} {'hops':>5} {'both ends affected':>19}")
    for word in ("none", "moved with", "preceded", "drives", "caused"):
        true, false = counts[word, True], counts[word, False]
        print(f"{word:12} {true + false:5} {true:19}")
    shares.show(worlds)


if __name__ == "__main__":
    main()
