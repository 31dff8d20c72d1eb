# SPDX-License-Identifier: Apache-2.0
"""Asks tigramite for values of its mixed nearest-neighbour estimator.

    python make.py cmiknn_values_no_tie_noise.json > values.json

Puts them behind the values of the continuous one, which it is given.
"""

import json
import sys

import numpy
from tigramite import data_processing
from tigramite.independence_tests.cmiknn_mixed import CMIknnMixed

ROWS, LONGEST_LAG = 120, 1


def make_data():
    """Two continuous and two discrete variables that depend on each other."""
    random = numpy.random.default_rng(11)
    values = numpy.zeros((ROWS, 4))
    noise = random.standard_normal((ROWS, 4))
    for t in range(1, ROWS):
        before = values[t - 1]
        values[t, 0] = .5 * before[0] + .6 * before[2] + noise[t, 0]
        values[t, 1] = .4 * before[1] + .5 * values[t, 0] + noise[t, 1]
        values[t, 2] = (before[0] + noise[t, 2] > 0) + (noise[t, 2] > .8)
        values[t, 3] = values[t, 1] + noise[t, 3] > .2
    return numpy.round(values, 9)


CASES = [
    ([(0, 0)], [(1, 0)], []),
    ([(0, -1)], [(2, 0)], []),
    ([(2, -1)], [(0, 0)], []),
    ([(2, 0)], [(3, 0)], []),
    ([(0, -1)], [(1, 0)], [(1, -1)]),
    ([(0, -1)], [(1, 0)], [(3, -1)]),
    ([(2, -1)], [(0, 0)], [(0, -1)]),
    ([(2, -1)], [(1, 0)], [(3, 0)]),
    ([(2, -1)], [(3, 0)], [(1, 0)]),
    ([(0, -1)], [(2, 0)], [(1, -1), (3, -1)]),
    ([(1, -1)], [(3, 0)], [(2, 0), (0, 0), (1, 0)]),
]


def main():
    continuous = json.load(open(sys.argv[1]))
    data = make_data()
    types = numpy.zeros_like(data, dtype=int)
    types[:, 2:] = 1
    frame = data_processing.DataFrame(data, data_type=types)
    mixed = []
    for knn in (.1, .2, .5, 8):
        for x, y, z in CASES:
            test = CMIknnMixed(knn=knn, estimator="MSinf", transform="ranks",
                               knn_type="global",
                               significance="fixed_thres", workers=1)
            test.set_dataframe(frame)
            try:
                value = test.get_measure(X=x, Y=y, Z=z, tau_max=LONGEST_LAG)
            except IndexError as error:
                print("%s %s: %s" % (knn, (x, y, z), error), file=sys.stderr)
                continue
            mixed.append({"X": x, "Y": y, "Z": z, "tau_max": LONGEST_LAG,
                          "knn": knn, "val": float(value)})
    json.dump({"continuous": {"data": continuous["data"],
                              "results": continuous["results"]},
               "mixed": {"data": data.tolist(), "discrete": [2, 3],
                         "results": mixed}}, sys.stdout,
              separators=(",", ":"))


main()
