#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the first sentence of `caus discover` says of simulated incidents.

  headline.py CAUS FOLDER [discover options...]

FOLDER/<seed>/ holds series.csv, graph.csv and truth.json of a world with a fault.
A sentence names the root where it names a variable of the service at fault, is on
the way where every variable that it joins is of a service that the fault affected,
misleads where one is not, and is silent where it joins none. Worlds in which no
incident is found are counted apart.
"""
import collections
import json
import pathlib
import re
import subprocess
import sys


def answer_of(caus, world, extra):
    """Its header and its first sentence."""
    done = subprocess.run(
        [caus, "discover", "--csv", world / "series.csv", "--topology",
         world / "graph.csv", "--format", "text", "--quiet", "--threads", "1", *extra],
        capture_output=True, text=True, env={"LC_ALL": "C.UTF-8", "TZ": "UTC"})
    parts = done.stdout.split("\n\n")
    sentence = re.split(r"\nconfidence: ", parts[1] if len(parts) > 1 else "")[0]
    return parts[0], sentence.replace("\n", " ")


def judge(sentence, names, truth):
    sentence = sentence.removeprefix("No incident was found; as usual, ")
    if sentence.startswith("No "):
        return "silent"
    named = [w for w in re.findall(r"[A-Za-z0-9_]+", sentence) if w in names]
    services = {next((s for s in sorted(truth["affected"] | {truth["root"]}, key=len,
                                        reverse=True) if w.startswith(s + "_")), "?")
                for w in named}
    if not services <= truth["affected"] | {truth["root"]}:
        return "misleads"
    return "root" if truth["root"] in services else "on the way"


def main():
    caus, folder, *extra = sys.argv[1:]
    tally = collections.Counter()
    for world in sorted(pathlib.Path(folder).iterdir()):
        if not (world / "truth.json").exists():
            continue
        raw = json.loads((world / "truth.json").read_text())
        if raw["fault"] == "none":
            continue
        truth = {"root": raw["root"], "affected": set(raw["affected_services"])}
        with open(world / "series.csv") as file:
            names = set(file.readline().strip().split(",")[1:])
        head, sentence = answer_of(caus, world, extra)
        verdict = judge(sentence, names, truth)
        if not re.search(r"\b(incident|onset)\s+\d", head):
            verdict = "no incident found: " + verdict
        tally[verdict] += 1
        print(f"{world.name} {raw['fault']} {raw['root']}: {verdict}: {sentence}")
    print(dict(tally))


if __name__ == "__main__":
    main()
