# SPDX-License-Identifier: Apache-2.0
"""The data of sem.c, drawn again."""

import math

import numpy

MASK = (1 << 64) - 1


class Stream:
    """SplitMix64 and what sem.c draws from it."""

    def __init__(self, seed):
        self.state = seed & MASK

    def uniform(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        z ^= z >> 31
        return ((z >> 11) + 0.5) * 2.0 ** -53

    def normal(self):
        radius = self.uniform()
        angle = self.uniform()
        return math.sqrt(-2 * math.log(radius)) * \
            math.cos(6.283185307179586476925 * angle)

    def even(self):
        """Uniform, of variance 1."""
        return (self.uniform() - 0.5) * 3.4641016151377544


def structure(nodes, degree, seed, rows, noise):
    """Values and weights; `noise` draws from a stream, Stream.normal say."""
    stream = Stream(seed * 1000003 + nodes * 7919 + int(degree * 10))
    order = list(range(nodes))
    for i in range(nodes - 1, 0, -1):
        j = int(stream.uniform() * (i + 1))
        order[i], order[j] = order[j], order[i]
    weights = numpy.zeros((nodes, nodes))
    share = degree / (nodes - 1)
    for a in range(nodes):
        for b in range(a + 1, nodes):
            if stream.uniform() >= share:
                continue
            weight = 0.3 + 0.7 * stream.uniform()
            weights[order[a], order[b]] = \
                -weight if stream.uniform() < 0.5 else weight
    parents = [numpy.nonzero(weights[:, v])[0] for v in range(nodes)]
    values = numpy.empty((rows, nodes))
    row = [0.0] * nodes
    for r in range(rows):
        for v in order:
            value = noise(stream)
            for u in parents[v]:
                value += weights[u, v] * row[u]
            row[v] = value
        values[r] = [float("%.6f" % x) for x in row]
    return values, weights
