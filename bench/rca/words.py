#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Which words the hops of chains earn in simulated worlds, and how many of them
lie between two services that the fault did affect.

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
    return answer, set(truth["affected_services"])


def count_hops(answer, affected, counts):
    for service in answer["services"]:
        for hop in service.get("chain", []):
            both = hop["from"] in affected and hop["to"] in affected
            counts[hop.get("word", "none"), both] += 1


def main():
    first = int(sys.argv[1]) if len(sys.argv) > 1 else 6001
    worlds = int(sys.argv[2]) if len(sys.argv) > 2 else 48
    counts = collections.Counter()
    for seed in range(first, first + worlds):
        with tempfile.TemporaryDirectory() as folder:
            answer, affected = explain(pathlib.Path(folder), seed)
            count_hops(answer, affected, counts)
    print(f"{'word':12} {'hops':>5} {'both ends affected':>19}")
    for word in ("none", "moved with", "preceded", "drives", "caused"):
        true, false = counts[word, True], counts[word, False]
        print(f"{word:12} {true + false:5} {true:19}")


if __name__ == "__main__":
    main()
