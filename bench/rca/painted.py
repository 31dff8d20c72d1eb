#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Incidents made of recorded rows, for run.py --data: what simulators smooth over.

painted: PetShop's cases with the root in another node. The rows of what its own root
reached are put back to their first of the incident's day, times what healthy rows vary;
then requests of the new root are slower, or fail, and those of its callers by the share
of their requests that ask it. All else is as recorded, the splice one row before the
onset too.

crowded: Nezha's cases, each beside healthy stretches of other days under other names.

Needs the folder of dev_petshop and dev_nezha_ob. Exits 77 where it is not there.

usage: painted.py --data FOLDER --out FOLDER [--seed N] [--beside N]
"""
import argparse
import csv
import json
import os
import random
import statistics
import sys

OWN_ROOT = "PetSearch~AWS::ECS::Fargate"
USERS = "PetSite"
ROOTS = ["payforadoption~AWS::ECS::Container", "petlistadoptions~AWS::ECS::Fargate",
         "lambdastatusupdater~AWS::Lambda::Function", "petInfo~AWS::DynamoDB::Table"]
# Load balancers that no call graph joins to what they stand before.
FRONTS = {OWN_ROOT: "servi-searc", ROOTS[0]: "servi-payfo", ROOTS[1]: "servi-lista"}
# Of PetShop's rows the first so many are of another day, and one more is healthy.
SPLICE, ONSET = 589, 590
QUANTILES = {"p50": .5, "p90": .1, "p95": .05, "p99": .01}
# What users have to see of it: seconds in the mean, or a share of requests.
LEAST_SEEN = {"delay": .03, "error": .02}


def read_rows(path):
    with open(path) as file:
        header, *rows = csv.reader(file)
    return header, rows


class Case:
    def __init__(self, folder):
        self.header, self.rows = read_rows(os.path.join(folder, "metrics.csv"))
        self.calls = read_rows(os.path.join(folder, "graph.csv"))[1]
        with open(os.path.join(folder, "truth.json")) as file:
            self.truth = json.load(file)
        self.column = {name: i for i, name in enumerate(self.header)}
        self.services = {name.split("_")[0] for name in self.header[1:]}

    def write(self, folder):
        os.makedirs(folder)
        for name, header, rows in (("metrics.csv", self.header, self.rows),
                                   ("graph.csv", ["src", "dst"], self.calls)):
            with open(os.path.join(folder, name), "w", newline="") as file:
                csv.writer(file).writerows([header] + rows)
        with open(os.path.join(folder, "truth.json"), "w") as file:
            json.dump(self.truth, file, indent=1)

    def values(self, column, rows):
        return [float(row[column]) for row in rows if row[column]]

    def front_of(self, service):
        return {s for s in self.services if s.startswith(FRONTS.get(service, "#"))}


def callers_of(case, root):
    """A service, and all that call it, directly or through others."""
    found, left = {root}, [root]
    while left:
        callee = left.pop()
        new = {a for a, b in case.calls if b == callee} - found
        found |= new
        left += new
    return found


def put_back(case, draw):
    """What the recorded root reached, as it was in the incident's first row."""
    reached = callers_of(case, OWN_ROOT) | case.front_of(OWN_ROOT)
    reached |= {b for a, b in case.calls if a == OWN_ROOT}
    for name, i in case.column.items():
        service, _, metric = name.partition("_")
        usual = case.values(i, case.rows[:SPLICE]) if service in reached else []
        if not usual:
            continue
        middle, first = statistics.median(usual), case.rows[SPLICE][i]
        for row in case.rows[ONSET:]:
            if first and middle > 0 and not metric.startswith("availability"):
                row[i] = f"{float(first) * draw.choice(usual) / middle:.6g}"
            else:
                row[i] = first if draw.random() < .5 or not first else f"{draw.choice(usual):.6g}"


def struck(case, root, share):
    """The share of the requests of a service and its callers that are struck."""
    def requests(service):
        i = case.column.get(service + "_requests.Sum")
        found = case.values(i, case.rows[ONSET:]) if i else []
        return statistics.mean(found) if found else 0
    shares, left = {root: share}, [root]
    while left:
        callee = left.pop(0)
        for a, b in case.calls:
            if b == callee and a not in shares:
                known = requests(a) > 0 and requests(callee) > 0
                shares[a] = shares[callee] * (min(1, requests(callee) / requests(a)) if known else 1)
                left.append(a)
    return shares


def strike(case, service, fault, share, delay, rows, draw):
    def change(metric, row, by):
        i = case.column.get(f"{service}_{metric}")
        if i and row[i]:
            row[i] = f"{max(0, float(row[i]) + by):.6g}"
    for number, row in enumerate(rows):
        part = share * (.6 if number == len(rows) - 1 else 1)
        if fault == "error":
            change("availability.Average", row, -100 * part * draw.uniform(.8, 1.1))
            continue
        late = delay * draw.uniform(.8, 1.2)
        change("latency.Average", row, late * part)
        for quantile, rest in QUANTILES.items():
            change("latency." + quantile, row, late if part > rest else 0)


def paint(case, root, draw):
    """False where users would see nothing of it."""
    put_back(case, draw)
    fault = draw.choice(sorted(LEAST_SEEN))
    for _ in range(50):
        share, delay = draw.choice([.05, .1, .3, .6]), draw.choice([.3, 1, 2])
        shares = struck(case, root, share)
        seen = shares.get(USERS, 0) * (delay if fault == "delay" else 1)
        if seen >= LEAST_SEEN[fault]:
            break
    else:
        return False
    if fault == "delay":  # what stands for users themselves is timed at their side
        shares = {s: part for s, part in shares.items() if "~client" not in s}
    for service in list(shares):
        shares.update({front: shares[service] for front in case.front_of(service)})
    rows = case.rows[ONSET:ONSET + draw.choice([2, 3, 4])]
    for service in sorted(shares):
        strike(case, service, fault, shares[service], delay, rows, draw)
    slo = "availability" if fault == "error" else "latency"
    case.truth.update(service=root, fault=fault, slo=f"{USERS}_{slo}.Average")
    return True


def make_painted(data, out, seed):
    for name in folders(data):
        for root in ROOTS:
            case = Case(os.path.join(data, name))
            if paint(case, root, random.Random(f"{seed} {name} {root}")):
                case.write(os.path.join(out, f"{name}_{ROOTS.index(root)}"))


def add_beside(case, other, mark, draw):
    """Healthy rows of another day, up to the last row, under other names."""
    def named(service):
        return f"{service}~{mark}"
    healthy = [r for r in other.rows if float(r[0]) < other.truth["inject_time"] - 30]
    kept = [i for i, n in enumerate(other.header) if i and not n.startswith("slo_")]
    case.header += [f"{named(s)}_{m}" for s, _, m in
                    (other.header[i].partition("_") for i in kept)]
    count = min(len(healthy), len(case.rows))
    first = draw.randrange(len(healthy) - count + 1)
    missing = [[""] * len(kept)] * (len(case.rows) - count)
    stretch = missing + [[r[i] for i in kept] for r in healthy[first:first + count]]
    for row, more in zip(case.rows, stretch):
        row += more
    case.calls += [[named(a), named(b)] for a, b in other.calls] + [["gateway", named("frontend")]]


def make_crowded(data, out, seed, beside):
    names = folders(data)
    for name in names:
        draw = random.Random(f"{seed} {name}")
        case = Case(os.path.join(data, name))
        for mark, other in enumerate(draw.sample([n for n in names if n[:4] != name[:4]], beside)):
            add_beside(case, Case(os.path.join(data, other)), f"day{mark}", draw)
        case.calls += [["gateway", "frontend"]]
        case.write(os.path.join(out, name))


def folders(data):
    return sorted(n for n in os.listdir(data) if os.path.isdir(os.path.join(data, n)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", default=os.environ.get("CAUS_RCA_DATA"))
    parser.add_argument("--out", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--beside", type=int, default=3, help="stretches beside each case")
    options = parser.parse_args()
    sets = [os.path.join(options.data or "", n) for n in ("dev_petshop", "dev_nezha_ob")]
    if not all(map(os.path.isdir, sets)):
        print("no dev_petshop and dev_nezha_ob: name their folder by --data")
        return 77
    make_painted(sets[0], os.path.join(options.out, "painted"), options.seed)
    make_crowded(sets[1], os.path.join(options.out, "crowded"), options.seed, options.beside)
    return 0


if __name__ == "__main__":
    sys.exit(main())
