#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fits the constants of src/rootcause/weights.h to the answers of ask.py:

  1. the weights of the terms: conditional logit, the true service among all;
  2. whether anything happened: incidents against healthy blocks;
  3. whether the first is right, of incidents alone.

Each kind of system has one vote: kinds weigh the same, in a kind every system, in
a system every mode. Squares of the coefficients are penalised (of the first:
their distance from the weights in use). Prints the constants, how answers hold
with them, and, for every kind, how they hold with constants that were fitted
without it.

usage: fit.py --answers FOLDER [--leave-out a,b] [--in-use]

--leave-out names systems that are scored only: PetShop, which has one root. --in-use
scores the confidence that the answers came with, and fits nothing. Needs numpy; exits
77 without.
"""
import argparse
import collections
import json
import math
import os
import re
import sys

import run as bench

try:
    import numpy as np
except ImportError:
    print("numpy is not installed")
    sys.exit(77)

TERMS = ["change", "traces", "calls", "internal", "external", "way", "both", "order", "logs"]
IN_USE = [1, 1, 1, 1, 1, .5, .3, 1.2, 1]
SIGNS = ["one", "beyond", "alone", "share", "lead", "blind", "explained", "clear", "agreed",
         "unfelt", "untold", "elsewhere"]
INCIDENT = ["one", "beyond", "alone", "unfelt"]
RIGHT = ["one", "share", "lead", "blind", "explained", "clear", "agreed", "untold", "elsewhere"]
# A page without a cause costs more than a slight incident that is missed.
HEALTHY_WEIGHT = 1.5
MOVED, NAMED = .5, .78
# As in weights.h.
POWER_OF_LEAD = 4
WEIGHTS = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                       "../../src/rootcause/weights.h")
# What tells neither, where it is not known.
NEUTRAL_BEYOND, NEUTRAL_ALONE = 1.6, -.4
# Of .1, .3, 1, 3, 10 and 30 the best on kinds left out.
PENALTY = 1.
KINDS = {"damaged": "worlds", "traced": "worlds", "logs": "worlds"}


def between(value, least, most):
    return min(max(value, least), most)


def agreement(services):
    """The share of terms in which nobody is ahead of the first, by their largest."""
    most = {t: max(s[3].get(t, 0) for s in services) for t in TERMS if t != "both"}
    first = services[0][3]
    agreed = sum(m for t, m in most.items() if first.get(t, 0) >= m)
    return agreed / sum(most.values()) if any(most.values()) else 1


def signs(told):
    """The signs of src/rootcause/confidence.c, in its order."""
    services = told["services"]
    terms, score = services[0][3], services[0][1]
    beyond, explained = told["beyond"], told["explained"]
    alone = told["alarm_alone"] or 0
    share = score ** 2 / sum(s[1] ** 2 for s in services)
    return [1, NEUTRAL_BEYOND if beyond is None else between(beyond, -3, 6),
            NEUTRAL_ALONE if told["alarm"] is None else math.log(between(alone, .1, 12)),
            math.log(share),
            1 - services[1][1] / score if len(services) > 1 else 1,
            terms["external"] / score if explained is None else 0,
            0 if explained is None else math.log(explained),
            max(terms.values()) / score, agreement(services), told["unfelt"] or 0,
            told["untold"] or 0,
            max([s[3].get("internal", 0) for s in services[1:]], default=0) / score]


def weights_in_use():
    """Those of the program that was asked: this checkout's."""
    with open(WEIGHTS) as file:
        text = file.read()
    found = (re.search(rf"caus_{name}_weights\[\] = {{(.*?)}}", text, re.S)[1]
             for name in ("incident", "right"))
    return [np.array([float(w) for w in numbers.split(",")]) for numbers in found]


def share_left(row, confidence, in_use):
    """What services that stopped or that nobody measures leave of the confidence: the
    program knows them, no sign tells."""
    return min(1, confidence / judged([row], [1], in_use)[0][1])


class Pool:
    """What was answered about one system in one mode."""

    def __init__(self):
        self.choices = []  # (terms of every service, index of the true one)
        self.signs, self.left, self.right, self.stated = [], [], [], []
        self.healthy, self.healthy_left, self.healthy_stated = [], [], []

    def add(self, told, in_use):
        stated, row = (told["verdict"], told["services"][0][2]), signs(told)
        left = share_left(row, stated[1], in_use)
        if told["healthy"]:
            self.healthy.append(row)
            self.healthy_left.append(left)
            self.healthy_stated.append(stated)
            return
        names = [s[0] for s in told["services"]]
        self.signs.append(row)
        self.left.append(left)
        self.stated.append(stated)
        self.right.append(float(names[0] == told["root"]))
        if told["root"] in names:
            table = [[s[3].get(t, 0) / w for t, w in zip(TERMS, IN_USE)]
                     for s in told["services"]]
            self.choices.append((np.array(table), names.index(told["root"])))


def read_pools(folder):
    pools, in_use = collections.defaultdict(Pool), weights_in_use()
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".jsonl"):
            continue
        with open(os.path.join(folder, name)) as file:
            for line in file:
                told = json.loads(line)
                mode = " ".join([told["evidence"], "found" if told["found"] else "given",
                                 "calls" if told["explained"] is not None else "bare"])
                pools[name[:-6], mode].add(told, in_use)
    return pools


def kind_of(name):
    return KINDS.get(name, name)


def votes(pools):
    """What each pool weighs: 100 a kind."""
    systems = collections.defaultdict(set)
    modes = collections.Counter(name for name, _ in pools)
    for name, _ in pools:
        systems[kind_of(name)].add(name)
    return {(n, m): 100 / len(systems[kind_of(n)]) / modes[n] for n, m in pools}


def most_before_second(rows):
    """The cap of src/rootcause/confidence.c."""
    return 1 / (1 + (1 - rows[:, SIGNS.index("lead")]) ** POWER_OF_LEAD)


def chances(rows, weights):
    return 1 / (1 + np.exp(-rows @ weights))


def most_of_incident(rows, weights):
    """Another: where nothing is said to have happened, nobody is likely to have done it."""
    happened = chances(rows, weights)
    return np.where(happened < MOVED, np.sqrt(happened * MOVED), 1)


def logistic(rows, labels, weights, used, most=1., left=1.):
    """Penalised logistic regression by Fisher's scoring, of a chance that is at most
    `most`, and of which so much is left."""
    mask = np.array([float(s in used) for s in SIGNS])
    penalty = np.array([0.] + [PENALTY] * (len(SIGNS) - 1))
    found = np.zeros(len(SIGNS))
    for _ in range(100):
        p = chances(rows, found)
        rises = left * p * (1 - p) * (p < most)
        p = left * np.minimum(p, most)
        rises_of = weights * rises / np.maximum(p * (1 - p), 1e-9)
        slope = (rows.T @ (rises_of * (labels - p)) - penalty * found) * mask
        bend = (rows * (rises_of * rises + 1e-9)[:, None]).T @ rows + np.diag(penalty)
        bend = bend * np.outer(mask, mask) + np.diag(1 - mask)
        found += .5 * np.linalg.solve(bend, slope)
    return found


def fit_signs(pools):
    vote, rows, labels, weights, right, left = votes(pools), [], [], [], [], []
    for key, pool in pools.items():
        for own, label in ((pool.signs, 1.), (pool.healthy, 0.)):
            rows += own
            labels += [label] * len(own)
            weights += [vote[key] / max(len(own), 1)] * len(own)
        right += pool.right + [0.] * len(pool.healthy)
        left += pool.left + pool.healthy_left
    rows, labels, weights, right, left = map(np.array, (rows, labels, weights, right, left))
    kept = labels == 1
    share = weights[kept].sum() / max(weights[~kept].sum(), 1e-9)
    even = np.where(kept, weights, HEALTHY_WEIGHT * weights * share)
    incident = logistic(rows, labels, even, INCIDENT)
    most = np.minimum(most_before_second(rows), most_of_incident(rows, incident))
    return incident, logistic(rows[kept], right[kept], weights[kept], RIGHT, most[kept], left[kept])


def fit_terms(pools, penalty=5.):
    start, vote = np.array(IN_USE), votes(pools)
    found = start.copy()
    for _ in range(100):
        slope, bend = -penalty * (found - start), penalty * np.eye(len(start))
        for key, pool in pools.items():
            for table, true in pool.choices:
                score = table @ found
                p = np.exp(score - score.max())
                p /= p.sum()
                mean, mark = p @ table, vote[key] / len(pool.choices)
                slope += mark * (table[true] - mean)
                bend += mark * ((table * p[:, None]).T @ table - np.outer(mean, mean))
        found += np.linalg.solve(bend, slope)
    return found


def judged(rows, left, fitted):
    """Verdict and confidence of every answer; those of the program are the same."""
    rows = np.array(rows)
    happened = chances(rows, fitted[0])
    sure = np.minimum(chances(rows, fitted[1]), most_before_second(rows))
    sure = np.minimum(sure, most_of_incident(rows, fitted[0])) * left
    return [("no_anomaly" if h < MOVED else
             "cause" if h >= NAMED and p >= .5 else "insufficient", p)
            for h, p in zip(happened, sure)]


def figures(pool, fitted):
    """Figures of a pool; of what the answers came with where nothing is fitted."""
    told = {}
    if pool.right:
        answers = judged(pool.signs, pool.left, fitted) if fitted else pool.stated
        p = np.array([a[1] for a in answers])
        right, loud = np.array(pool.right), p >= .8
        chance = bench.chance_error(list(p), 1)
        pairs = list(zip(p, right > 0))
        told = {"answers": pairs, "AC@1": right.mean(),
                "seen": np.mean([a[0] != "no_anomaly" for a in answers]),
                "error": bench.calibration(pairs), "chance": chance[0],
                "share": loud.mean(), "right": right[loud].mean() if loud.any() else math.nan,
                "wrong": (loud & (right == 0)).mean()}
    if pool.healthy:
        answers = judged(pool.healthy, pool.healthy_left, fitted) if fitted else pool.healthy_stated
        told["called"] = np.mean([a[0] != "no_anomaly" for a in answers])
        told["culprit"] = np.mean([a[0] == "cause" for a in answers])
    return told


COLUMNS = ["AC@1", "seen", "error", "chance", "share", "right", "wrong", "called", "culprit"]


def show_row(name, told):
    print(f"  {name:<40}" + "".join(
        f"{told[c]:9.3f}" if c in told else " " * 9 for c in COLUMNS))


def show_means(rows):
    """Means over the modes of a system, the systems of a kind, and the kinds."""
    kinds = collections.defaultdict(lambda: collections.defaultdict(list))
    for (name, _), told in rows.items():
        kinds[kind_of(name)][name].append(told)

    def mean(items, column):
        values = [i[column] for i in items if not math.isnan(i.get(column, math.nan))]
        return sum(values) / len(values) if values else math.nan

    def fold(items):
        return {c: mean(items, c) for c in COLUMNS}
    means = {k: fold([fold(m) for m in names.values()]) for k, names in kinds.items()}
    for kind, told in means.items():
        show_row("mean of " + kind, told)
    show_row("mean of the kinds", fold(list(means.values())))
    show_together({k: [a for modes in names.values() for told in modes
                       for a in told.get("answers", [])] for k, names in kinds.items()})


def show_together(answers):
    """The calibration error of a kind's answers of all modes in one: of many, chance
    makes little of it."""
    errors = {k: bench.calibration(a) for k, a in answers.items()}
    print("  error of all modes together: " +
          ", ".join(f"{k} {e:.3f} of {len(answers[k])}" for k, e in errors.items()) +
          f"; mean {sum(errors.values()) / len(errors):.3f}")


def show_table(title, rows, left_out):
    print(title)
    print(" " * 42 + "".join(f"{c:>9}" for c in COLUMNS))
    for (name, mode), told in sorted(rows.items()):
        show_row(f"{name}, {mode}", told)
    show_means({k: t for k, t in rows.items() if k[0] not in left_out})


def show(pools, left_out):
    learned = {k: p for k, p in pools.items() if k[0] not in left_out}
    terms = fit_terms(learned)
    print("weights of terms, external 1:", ", ".join(
        f"{t} {w / terms[4]:.2f}" for t, w in zip(TERMS, terms)))
    fitted = fit_signs(learned)
    for name, weights in zip(("incident", "right"), fitted):
        print(f"caus_{name}_weights: " + ", ".join(f"{w:.2f}" for w in weights))
    show_table("fitted on all:", {k: figures(p, fitted) for k, p in pools.items()}, left_out)
    rows = {}
    for kind in sorted({kind_of(n) for n, _ in pools}):
        apart = fit_signs({k: p for k, p in learned.items() if kind_of(k[0]) != kind})
        for key, pool in pools.items():
            if kind_of(key[0]) == kind:
                rows[key] = figures(pool, apart)
    show_table("fitted without the kind:", rows, left_out)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--answers", required=True)
    parser.add_argument("--leave-out", default="dev_petshop")
    parser.add_argument("--in-use", action="store_true")
    options = parser.parse_args()
    pools = read_pools(options.answers)
    left_out = set(options.leave_out.split(","))
    if options.in_use:
        show_table("as answered:", {k: figures(p, None) for k, p in pools.items()}, left_out)
    else:
        show(pools, left_out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
