# SPDX-License-Identifier: BSD-3-Clause
"""What was found: the table, the same in doc/performance.md, a picture."""

import os
import subprocess

import picture
from figures import ROOT, Row, microseconds, refuse_noise

DOCUMENT = ROOT / 'doc/performance.md'
PICTURE = ROOT / 'doc/pictures/speed.svg'
BEGIN = '<!-- figures: written by "XS_WRITE=1 make bench" -->'
END = '<!-- end of figures -->'


class Report:
    def __init__(self):
        self.rows = []
        self.syncs = []  # bare synced writes, nanoseconds, one a round
        self.groups = {}

    def add(self, row):
        self.rows.append(row)

    def note(self, target, what, figure):
        """A figure that has no target."""
        self.add(Row(target, what, figure))

    def bar(self, group, name, nanoseconds, ours=False):
        self.groups.setdefault(group, []).append((name, nanoseconds, ours))

    def check_noise(self):
        return refuse_noise(self.syncs)


def show(report, where):
    """The table, once it is known that it means something."""
    print(f'{where}\n')
    for row in report.rows:
        print(f'  {row.target:<3} {row.what:<58} {row.figure:>24}  '
              f'{row.bound:<22} {row.verdict}'.rstrip())


def machine(place, sync):
    kind = subprocess.run(['findmnt', '-n', '-o', 'FSTYPE', '-T', place],
                          capture_output=True, text=True, check=False)
    return (f'{os.cpu_count()} processors; {kind.stdout.strip()}; a bare '
            f'synced write of 4096 bytes takes {microseconds(sync)}')


def markdown(report, where):
    lines = ['| Target | What | Figure | Bound | |', '| --- | --- | --- | --- '
             '| --- |']
    lines += [f'| {row.target} | {row.what} | {row.figure} | {row.bound} | '
              f'{row.verdict} |' for row in report.rows]
    return '\n'.join(['', f'{where}.', '', *lines, ''])


def put_between(text, block):
    """The document with another block between the two marks."""
    before, mark, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not mark or not end:
        raise ValueError(f'{DOCUMENT}: the marks of the figures are gone')
    return f'{before}{BEGIN}\n{block}\n{END}{after}'


def write(report, where):
    DOCUMENT.write_text(
        put_between(DOCUMENT.read_text(encoding='utf-8'),
                    markdown(report, where)), encoding='utf-8')
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(picture.draw(report.groups), encoding='utf-8')


def end(report):
    """How many targets were missed."""
    missed = [row for row in report.rows if row.met is False]
    judged = [row for row in report.rows if row.met is not None]
    print(f'{len(judged) - len(missed)} of {len(judged)} targets met')
    return len(missed)
