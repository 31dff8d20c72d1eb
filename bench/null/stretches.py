#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Cuts what a running Prometheus recorded into stretches that do not overlap.

Each stretch becomes a recording of its own, healthy to its end, with every
variable that `caus init` proposes, so that null.py (kind halves) can draw one
column a stretch: no two columns of a graph are then of the same time, and no
link between them can be true.

  stretches.py CAUS URL FOLDER STEP_S ROWS FROM TO
    ROWS  of a stretch, 120 to 200: null.py cuts longer ones again
    FROM, TO  unix seconds; the healthy time to cut. Called again for another
              time it adds to FOLDER

Rates are taken over a step or two scrapes, whichever is more, as caus takes
them.
"""
import csv
import json
import pathlib
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request


def ask(url, path, **parameters):
    query = urllib.parse.urlencode(parameters)
    with urllib.request.urlopen(f"{url}{path}?{query}", timeout=60) as reply:
        return json.load(reply)["data"]


def scrape_interval(url, end):
    found = ask(url, "/api/v1/query", time=end,
                query="300 / min(count_over_time(up[5m]))")
    return round(float(found["result"][0]["value"][1]))


def proposed(caus, url):
    with tempfile.TemporaryDirectory() as room:
        done = subprocess.run(
            [caus, "init", "--prometheus", url, "--max-variables", "500",
             "--vars", f"{room}/vars.yml", "--format", "json"],
            capture_output=True, text=True, check=True)
    return {v["name"]: v["query"] for v in json.loads(done.stdout)["variables"]}


def read_variable(url, query, first, end, step):
    """{time: value}; of several series none is taken."""
    found = ask(url, "/api/v1/query_range", query=query, start=first, end=end,
                step=step)["result"]
    if len(found) != 1:
        return {}
    return {round(float(at)): value for at, value in found[0]["values"]}


def write_stretch(folder, times, variables):
    folder.mkdir(parents=True)
    with open(folder / "metrics.csv", "w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["time", *variables])
        for time in times:
            out.writerow([time] + [v.get(time, "") for v in variables.values()])
    (folder / "truth.json").write_text(
        json.dumps({"inject_time": times[-1] + times[1] - times[0]}))


def main():
    caus, url, folder = sys.argv[1:4]
    step, rows, start, end = map(int, sys.argv[4:8])
    window = max(step, 2 * scrape_interval(url, end))
    times = list(range(start - start % step + step, end, step))
    variables = {}
    for name, query in proposed(caus, url).items():
        query = query.replace("$__rate_interval", f"{window}s")
        variables[name] = read_variable(url, query, times[0], times[-1], step)
    count = len(times) // rows
    for i in range(count):
        part = times[i * rows:(i + 1) * rows]
        write_stretch(pathlib.Path(folder) / str(part[0]), part, variables)
    print(f"{count} stretches of {rows} rows of {step} s, {len(variables)} "
          f"variables, rates over {window} s")


if __name__ == "__main__":
    main()
