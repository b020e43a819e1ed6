#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Measures logins beside those of the packaged peers: "make bench".

    bench.py [NAME]...

NAME picks rows whose names begin so (T= of make). XS_QUICK=1 runs few rounds,
to try whether it runs; XS_WRITE=1 writes doc/performance.md and the picture,
and only whole runs do. Every executable *_rows beside this file is run as
well: it prints a row a line as JSON, {"target", "what", "figure", "bound",
"met"}, the last two only if there is a bound.
"""

import json
import os
import pathlib
import subprocess
import sys

import report as reports
from figures import Row, TooNoisy
from bench_place import Place, namespace
import rows_crowd
import rows_kernel
import rows_login
import rows_sshd

HERE = pathlib.Path(__file__).resolve().parent
ROWS = {**rows_login.ROWS, **rows_sshd.ROWS, **rows_crowd.ROWS,
        **rows_kernel.ROWS}
QUICK = bool(os.environ.get('XS_QUICK'))


def scale(count):
    return max(2, count // 10) if QUICK else count


def others():
    return sorted(path for path in HERE.glob('*_rows')
                  if os.access(path, os.X_OK))


def run_other(path, report):
    done = subprocess.run([path], stdout=subprocess.PIPE, text=True,
                          check=True, env={**os.environ,
                                           'XS_QUICK': '1' if QUICK else ''})
    for line in done.stdout.splitlines():
        report.add(Row(**json.loads(line)))


def measure(place, names, report):
    sync = rows_login.bare_sync(place)
    try:
        # Before minutes are spent on what would not be told.
        reports.refuse_noise(sync.run(50)['wall'])
        for name, row in {**ROWS, **rows_login.LONG}.items():
            if not (name.startswith(names) if names else name in ROWS):
                continue
            print(f'{name}: {row.__doc__}', file=sys.stderr, flush=True)
            # Whatever the row is about: was it quiet before and after?
            report.syncs += sync.run(20)['wall']
            row(place, scale, report)
            report.syncs += sync.run(20)['wall']
    finally:
        sync.close()


def main():
    names = tuple(sys.argv[1:])
    reason = namespace.available()
    if reason:
        print(f'make bench: {reason}', file=sys.stderr)
        return 77
    report = reports.Report()
    scripts = [path for path in others()
               if not names or path.name.startswith(names)]
    # Before the namespace, which they make of their own.
    for path in scripts:
        run_other(path, report)
    place = Place()
    try:
        measure(place, names, report)
        where = reports.machine(place.disk, report.check_noise())
    except TooNoisy as noise:
        print(f'make bench: {noise}', file=sys.stderr)
        return 75
    finally:
        place.close()
    reports.show(report, where)
    missed = reports.end(report)
    if os.environ.get('XS_WRITE') and not names and not QUICK:
        reports.write(report, where)
    return 1 if missed else 0


if __name__ == '__main__':
    sys.exit(main())
