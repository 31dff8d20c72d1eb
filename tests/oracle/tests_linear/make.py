#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes linear.json: python make.py FOLDER_OF_STORED_CASES > linear.json

The folder holds single_tests.json, pcmci_robustparcorr.json,
pcmci_parcorrwls_timedep.json and pcalg_nontimeseries.json, made by the same
tool. The rest is run here.
"""
import json
import sys
import warnings

import numpy as np
from scipy import linalg, stats
from tigramite import data_processing as pp
from tigramite.independence_tests.parcorr_mult import ParCorrMult
from tigramite.independence_tests.parcorr_wls import ParCorrWLS
from tigramite.independence_tests.robust_parcorr import RobustParCorr

warnings.filterwarnings("ignore")
FLAG = 999.0


def stored(folder, name):
    with open(f"{folder}/{name}.json", encoding="utf-8") as file:
        return json.load(file)


def search(case, data):
    result = case["results"]
    return {
        "data": data,
        "tau_max": case["params"]["tau_max"],
        "pc_alpha": case["params"]["pc_alpha"],
        "val": result["val_matrix"],
        "p": result["p_matrix"],
        "graph": result["graph"],
        "parents": result["pc_parents_sorted"],
    }


def rough_data():
    """Chain of five columns with ties, gaps and noise that changes in time."""
    rng = np.random.default_rng(20261121)
    rows = np.zeros((120, 5))
    for t in range(1, 120):
        size = 0.5 + 1.5 * (t > 60)
        noise = size * rng.normal(size=5)
        rows[t] = 0.4 * rows[t - 1] + noise
        rows[t, 1:] += 0.4 * rows[t - 1, :-1]
    rows = np.round(rows, 3)
    rows[:, 1] = np.round(2 * rows[:, 1]) / 2 + 0.25  # ties, never 0
    rows[:, 3] += 50  # far from 0
    for row, column in [(7, 0), (33, 2), (34, 2), (71, 1), (90, 4), (118, 3)]:
        rows[row, column] = FLAG
    return rows


QUESTIONS = [
    ([0, -1], [1, 0], []),
    ([1, -1], [2, 0], [[2, -1]]),
    ([3, -2], [4, 0], [[4, -1], [3, -1], [1, -3]]),
    ([0, 0], [2, 0], [[1, 0], [1, -1], [4, -1], [3, -2]]),
]


def rough_singles(rows):
    frame = pp.DataFrame(rows, missing_flag=FLAG)
    out = []
    for name, test in (
        ("robust-parcorr", RobustParCorr()),
        ("parcorr-wls", ParCorrWLS(window_size=10)),
        ("parcorr-wls", ParCorrWLS(window_size=4)),
    ):
        test.set_dataframe(frame)
        for source, target, given in QUESTIONS:
            x, y, z = [tuple(source)], [tuple(target)], [tuple(g) for g in given]
            val, p = test.run_test(X=x, Y=y, Z=z, tau_max=3)[:2]
            out.append({
                "data": "rough", "test": name, "X": [source], "Y": [target],
                "Z": given, "tau_max": 3, "val": float(val), "p": float(p),
                **({"window": test.window_size} if "wls" in name else {}),
            })
    return out


def residuals(rows, nodes, given, cut):
    def columns(which):
        made = np.array([rows[cut + lag:len(rows) + lag, v] for v, lag in which])
        return made - made.mean(axis=1, keepdims=True)
    left = columns(nodes)
    if not given:
        return left
    taken = columns(given)
    return left - (taken.T @ linalg.lstsq(taken.T, left.T)[0]).T


def vectors(rows, source, target, given, tau_max):
    """Largest correlation (peer) and Wilks' lambda (by definition)."""
    test = ParCorrMult()
    test.set_dataframe(pp.DataFrame(rows))
    args = dict(X=[tuple(n) for n in source], Y=[tuple(n) for n in target],
                Z=[tuple(n) for n in given], tau_max=tau_max)
    val, p = test.run_test(**args)[:2]
    x = residuals(rows, source, given, 2 * tau_max)
    y = residuals(rows, target, given, 2 * tau_max)
    def det(block):
        return linalg.det(block @ block.T)
    wilks = det(np.vstack([x, y])) / (det(x) * det(y))
    n, pairs = x.shape[1] - len(given), len(x) * len(y)
    factor = n - 1 - (len(x) + len(y) + 1) / 2
    return {"data": "single", "X": source, "Y": target, "Z": given,
            "tau_max": tau_max, "val": float(val), "p": float(p),
            "wilks": float(wilks),
            "wilks_p": float(stats.chi2.sf(-factor * np.log(wilks), pairs))}


def peer_lambda(rows, source, target, given, tau_max):
    """What the tool calls Wilks' lambda: a solver for symmetric matrices is
    given the lower triangle of one that is not symmetric."""
    x = residuals(rows, source, given, 2 * tau_max)
    y = residuals(rows, target, given, 2 * tau_max)
    x /= x.std(axis=1, keepdims=True)
    y /= y.std(axis=1, keepdims=True)
    across = x @ y.T
    product = linalg.inv(x @ x.T) @ across @ linalg.inv(y @ y.T) @ across.T
    return np.prod(1 - np.linalg.eigvalsh(product, UPLO="L"))


NAMES = {"ParCorr()": "parcorr", "RobustParCorr()": "robust-parcorr",
         "ParCorrWLS(time-dependent,window 10)": "parcorr-wls"}


def main():
    folder = sys.argv[1]
    single = stored(folder, "single_tests")
    robust = stored(folder, "pcmci_robustparcorr")
    wls = stored(folder, "pcmci_parcorrwls_timedep")
    static = stored(folder, "pcalg_nontimeseries")
    rough = rough_data()
    singles = []
    for one in single["results"]:
        if one["test"] in NAMES:
            singles.append({
                "data": "single", "test": NAMES[one["test"]], "X": one["X"],
                "Y": one["Y"], "Z": one["Z"], "tau_max": one["tau_max"],
                "val": one["val"], "p": one["pval"],
                **({"window": 10} if "WLS" in one["test"] else {}),
            })
    rows = np.array(single["data"])
    mult = [
        vectors(rows, [[0, -1], [1, -1]], [[2, 0], [3, 0]], [[4, -1]], 2),
        vectors(rows, [[0, -1], [1, -1], [4, -1]], [[2, 0], [3, 0]], [], 2),
        vectors(rows, [[0, -2], [1, -2]], [[4, 0]], [[2, -1], [3, -1], [4, -1]],
                2),
    ]
    peer = peer_lambda(rows, mult[0]["X"], mult[0]["Y"], mult[0]["Z"], 2)
    stored_mult = [one for one in single["results"]
                   if one["test"].startswith("ParCorrMult")]
    assert abs(stored_mult[0]["val"] - mult[0]["val"]) < 1e-12
    assert abs(stored_mult[1]["val"] - peer) < 1e-8
    json.dump({
        "datasets": {"single": single["data"], "robust": robust["data"],
                     "wls": wls["data"], "rough": rough.tolist(),
                     "static": static["data"]},
        "missing_flag": FLAG,
        "static": {
            "data": "static",
            "pc_alpha": static["params"]["pc_alpha"],
            "val": static["results"]["val_matrix"],
            "p": static["results"]["p_matrix"],
            "graph": static["results"]["graph"],
        },
        "searches": [
            {"test": "robust-parcorr", **search(robust, "robust")},
            {"test": "parcorr-wls", **search(wls, "wls")},
        ],
        "singles": singles + rough_singles(rough),
        "vectors": mult,
    }, sys.stdout, separators=(",", ":"))
    print()


main()
