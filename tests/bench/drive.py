# SPDX-License-Identifier: BSD-3-Clause
"""Drivers that log in, each a process that stays, and their rounds."""

import contextlib
import json
import subprocess
import time

from figures import median
from bench_place import BENCH


class Driver:
    """One case: a bench_driver that waits for the word how many."""

    def __init__(self, how, *words, **options):
        argv = [BENCH / 'bench_driver', '--how', how,
                '--time', str(int(time.time()))]
        for key, value in options.items():
            argv += [f'--{key}'] + ([] if value is True else [str(value)])
        self._process = subprocess.Popen(
            [*map(str, argv), '--', *map(str, words)], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def order(self, count):
        self._process.stdin.write(f'{count}\n')
        self._process.stdin.flush()

    def answer(self):
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError('a driver ended: see above')
        return json.loads(line)

    def run(self, count):
        """The wall, cpu and confirm nanoseconds of so many."""
        self.order(count)
        return self.answer()

    @property
    def pid(self):
        return self._process.pid

    def close(self):
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()


class Rounds:
    """Cases that take turns: series[name][what] has a figure a round."""

    def __init__(self, cases):
        self.cases = cases
        self.series = {name: {'wall': [], 'cpu': [], 'confirm': []}
                       for name in cases}

    def run(self, rounds, batch, warm=2):
        """batch: of each case, or by its name, None for those not named."""
        sizes = batch if isinstance(batch, dict) else {None: batch}
        for driver in self.cases.values():
            driver.run(warm)
        for turn in range(rounds):
            order = list(self.cases)
            # Nobody always follows the same one.
            shift = turn % len(order)
            for name in order[shift:] + order[:shift]:
                got = self.cases[name].run(sizes.get(name, sizes[None]))
                for what, values in got.items():
                    self.series[name][what].append(median(values))
        return self

    def wall(self, name):
        return self.series[name]['wall']

    def cpu(self, name):
        return self.series[name]['cpu']

    def confirm(self, name):
        return self.series[name]['confirm']


@contextlib.contextmanager
def rounds_of(cases):
    try:
        yield Rounds(cases)
    finally:
        for driver in cases.values():
            driver.close()
