# SPDX-License-Identifier: BSD-3-Clause
"""The arithmetic of the benchmarks: medians, ratios, and when to say no."""

import dataclasses
import pathlib
import statistics

ROOT = pathlib.Path(__file__).resolve().parents[2]

QUIET_NS = 1_000_000  # a bare synced write; above, the machine is too noisy


class TooNoisy(Exception):
    pass


def median(values):
    return statistics.median(values)


def rate(over, under):
    """Each round's first figure in the second's: noise that both share
    falls out."""
    if len(over) != len(under) or not over:
        raise ValueError('rounds do not pair')
    return [a / b for a, b in zip(over, under)]


def ratio(over, under):
    return median(rate(over, under))


def spread(values):
    """The quartiles."""
    if len(values) < 2:
        return values[0], values[0]
    low, _, high = statistics.quantiles(values, n=4, method='inclusive')
    return low, high


def add(*series):
    """Rounds that are made of parts."""
    if len({len(each) for each in series}) != 1:
        raise ValueError('rounds do not pair')
    return [sum(parts) for parts in zip(*series)]


def refuse_noise(syncs, most=QUIET_NS):
    """Raises TooNoisy when the bare synced write is slow: nothing that was
    measured beside it means anything then."""
    if not syncs:
        raise TooNoisy('no bare synced write was measured')
    here = median(syncs)
    if here > most:
        raise TooNoisy(
            f'a bare synced write takes {microseconds(here)} (median); above '
            f'{microseconds(most)} nothing is reported. Try again on a '
            'machine that does nothing else.')
    return here


def microseconds(nanoseconds):
    if nanoseconds >= 10_000_000:
        return f'{nanoseconds / 1e6:,.1f} ms'
    return f'{nanoseconds / 1000:,.0f} us'


@dataclasses.dataclass
class Row:
    """One line of the table: what was held against what, and the target."""
    target: str   # the number of the target, '' for none
    what: str
    figure: str
    bound: str = ''
    met: bool | None = None

    @property
    def verdict(self):
        return {True: 'met', False: 'NOT MET', None: ''}[self.met]


def ratio_row(target, what, over, under, most):
    """A row that holds rounds against rounds."""
    each = rate(over, under)
    low, high = spread(each)
    figure = median(each)
    return Row(target, what, f'{figure:.2f} x ({low:.2f}-{high:.2f})',
               f'at most {most:g} x', figure <= most)


def count_row(target, what, figure, most):
    return Row(target, what, f'{figure:,g}', f'at most {most:,g}',
               figure <= most)
