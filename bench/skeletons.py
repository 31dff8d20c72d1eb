#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Skeletons of PC beside every stored one of causal-learn, pcalg and bnlearn.

    bench/skeletons.py CAUS [DATA]

DATA is the folder of shared data sets (default $CAUS_DATA or ../shared/data);
without it the script says so and exits 77. The peers' graphs are stored, the
peers are not run; the data they saw are generated again by the data set's own
generator, which needs a C compiler.
"""
import glob
import gzip
import json
import os
import subprocess
import sys
import tempfile

PEERS = ("clpc", "pcalg-pc.fast", "pcalg-pc.stable", "bn-pc.stable")


def generate(source, folder, nodes, degree):
    """The data of seed 1: 5,000 rows and the first 1,000 of them."""
    program = os.path.join(folder, "generate")
    if not os.path.exists(program):
        subprocess.run(["cc", "-O2", "-w", "-o", program, source, "-lm"],
                       check=True)
    stem = os.path.join(folder, f"p{nodes}_d{degree}_s1")
    if not os.path.exists(stem + "_n5000.csv"):
        subprocess.run([program, str(nodes), str(degree), "1", "5000",
                        stem + "_n5000.csv", os.devnull], check=True)
        with open(stem + "_n5000.csv") as whole:
            first = [next(whole) for _ in range(1001)]
        with open(stem + "_n1000.csv", "w") as part:
            part.writelines(first)


def learn(caus, path):
    answer = subprocess.run(
        [caus, "discover", "--table", path, "--method", "pc", "--alpha",
         "0.05", "--format", "json", "--quiet"],
        check=True, capture_output=True, text=True).stdout
    return {frozenset((edge["source"], edge["target"]))
            for edge in json.loads(answer)["edges"]}


def stored(path):
    with gzip.open(path, "rt") as lines:
        fields = [line.split() for line in lines]
    return {frozenset(("V" + f[0], "V" + f[2])) for f in fields
            if len(f) == 3}


def main():
    caus = sys.argv[1]
    root = sys.argv[2] if len(sys.argv) > 2 else os.environ.get(
        "CAUS_DATA", "../shared/data")
    source = os.path.join(root, "structure", "gen.c")
    if not os.path.exists(source):
        print(f"skipped: no {source}")
        return 77
    learned, compared, different = {}, 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for path in sorted(glob.glob(root + "/structure/learned/*.txt.gz")):
            data, peer = os.path.basename(path)[:-7].split("__")
            fields = data.split("_")
            if peer not in PEERS or fields[2] != "s1":
                continue
            generate(source, folder, fields[0][1:], fields[1][1:])
            if data not in learned:
                learned[data] = learn(caus, f"{folder}/{data}.csv")
            compared += 1
            if stored(path) != learned[data]:
                different += 1
                print(f"{data} differs from {peer}")
    print(f"{compared} stored skeletons, {different} differ")
    return 1 if different else 0


sys.exit(main())
