# SPDX-License-Identifier: Apache-2.0
"""Asks tigramite and dcor for values, causal-learn for decisions.

    python make.py > values.json
"""

import json
import os
import sys
import warnings

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import dcor
import numpy
import scipy.optimize
from causallearn.utils.cit import CIT
from sklearn.gaussian_process import GaussianProcessRegressor
from tigramite import data_processing
from tigramite.independence_tests.gpdc import GPDC

warnings.simplefilter("ignore")
LONGEST_LAG = 1


def make_data(rows):
    random = numpy.random.default_rng(21)
    values = random.standard_normal((rows, 4))
    for t in range(1, rows):
        before = values[t - 1]
        values[t] += .4 * before
        values[t, 1] += .8 * numpy.tanh(2 * before[0])
        values[t, 2] += .5 * (before[1] ** 2 - 1)
        values[t, 3] += .5 * numpy.sin(2 * values[t, 2])
    return numpy.round(values, 9)


CASES = [
    ([(0, 0)], [(1, 0)], []),
    ([(0, -1)], [(1, 0)], []),
    ([(1, -1)], [(2, 0)], []),
    ([(0, -1)], [(1, 0)], [(1, -1)]),
    ([(1, -1)], [(2, 0)], [(2, -1)]),
    ([(2, 0)], [(3, 0)], [(2, -1)]),
    ([(0, -1)], [(3, 0)], [(2, 0)]),
    ([(0, -1)], [(2, 0)], [(1, -1)]),
    ([(3, -1)], [(1, 0)], [(0, -1)]),
    ([(0, -1)], [(1, 0)], [(1, -1), (0, 0)]),
    ([(1, -1)], [(2, 0)], [(2, -1), (0, -1)]),
    ([(2, 0)], [(3, 0)], [(2, -1), (3, -1)]),
    ([(0, -1)], [(3, 0)], [(2, 0), (3, -1)]),
    ([(0, -1)], [(1, 0)], [(1, -1), (0, 0), (2, -1)]),
    ([(1, -1)], [(2, 0)], [(2, -1), (1, 0), (3, -1)]),
    ([(2, 0)], [(3, 0)], [(2, -1), (3, -1), (1, -1)]),
    ([(0, -1)], [(3, 0)], [(2, 0), (3, -1), (1, -1)]),
    ([(1, -1)], [(3, 0)], [(2, 0), (3, -1), (0, -1), (2, -1)]),
    ([(1, -1)], [(2, 0)], [(2, -1), (3, -1), (0, -1), (0, 0)]),
]


def search_closely(cost, start, bounds):
    """The same search from the same start, then on until nothing moves."""
    found = scipy.optimize.minimize(cost, start, method="L-BFGS-B", jac=True,
                                    bounds=bounds)
    found = scipy.optimize.minimize(
        cost, found.x, method="L-BFGS-B", jac=True, bounds=bounds,
        options={"ftol": 1e-15, "gtol": 1e-9, "maxls": 50})
    return found.x, found.fun


def ask_gpdc(frame, optimizer, case):
    """tigramite hands its gp_params on without an optimizer: set it at the fit."""
    fit = GaussianProcessRegressor.fit

    def fit_with(regressor, *arguments):
        regressor.optimizer = optimizer
        return fit(regressor, *arguments)

    test = GPDC(significance="fixed_thres")
    test.set_dataframe(frame)
    x, y, z = case
    GaussianProcessRegressor.fit = fit_with
    try:
        return float(test.get_measure(X=x, Y=y, Z=z, tau_max=LONGEST_LAG))
    finally:
        GaussianProcessRegressor.fit = fit


def make_gpdc():
    data = make_data(260)
    frame = data_processing.DataFrame(data)
    results = []
    for case in CASES:
        x, y, z = case
        results.append({
            "X": x, "Y": y, "Z": z, "tau_max": LONGEST_LAG,
            "val": ask_gpdc(frame, "fmin_l_bfgs_b", case),
            "close": ask_gpdc(frame, search_closely, case)})
    return {"data": data.tolist(), "results": results}


def make_distances():
    random = numpy.random.default_rng(22)
    results = []
    for rows in (2, 3, 10, 60):
        for levels in (rows, 3):
            a = random.integers(1, levels + 1, rows)
            b = random.integers(1, rows + 1, rows) + (a > 1)
            b = numpy.minimum(b, rows)
            if levels == rows:
                a = random.permutation(rows) + 1
            value = dcor.distance_correlation(a.astype(float),
                                              b.astype(float))
            results.append({"a": a.tolist(), "b": b.tolist(),
                            "val": float(value)})
    return results


def make_kernel_data(seed, rows, form, conditions):
    random = numpy.random.default_rng(seed)
    z = random.standard_normal((rows, conditions))
    base = z.sum(axis=1) / max(conditions, 1) ** .5 if conditions else 0
    x = numpy.tanh(base) + .7 * random.standard_normal(rows)
    y = .5 * base ** 2 + .7 * random.standard_normal(rows)
    if form == "line":
        y += .5 * x
    elif form == "parabola":
        y += .5 * (x ** 2 - 1)
    elif form == "wave":
        y += .7 * numpy.sin(3 * x)
    return numpy.round(numpy.column_stack([x, y, z]), 6)


def make_kernel():
    results = []
    for form in ("none", "line", "parabola", "wave"):
        for conditions in (0, 1, 2):
            for seed in (1, 2):
                data = make_kernel_data(seed, 200, form, conditions)
                test = CIT(data, "kci")
                given = list(range(2, 2 + conditions))
                results.append({"form": form, "conditions": conditions,
                                "seed": seed, "p": float(test(0, 1, given)),
                                "data": data.tolist()})
    return results


def main():
    json.dump({"gpdc": make_gpdc(), "distances": make_distances(),
               "kernel": make_kernel()}, sys.stdout, separators=(",", ":"))


main()
