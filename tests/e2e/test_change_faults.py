# SPDX-License-Identifier: BSD-3-Clause
"""Every write, sync and link of each change of the settings fails, or is the
last thing that the process does (test_sweep_settings: every call)."""

import collections
import re

import pytest

from changes import CHANGES, Change, FirstSetUp, prepare
from host import STATE

# What a change does to the state; the lock and the close come after it, and
# a process killed there has written all.
CHANGING = ('openat', 'pwrite64', 'fsync', 'fdatasync', 'linkat', 'unlinkat',
            'renameat', 'renameat2', 'ftruncate', 'fallocate', 'mkdirat',
            'fchmod', 'fchown')
GROWING = ('openat', 'pwrite64', 'linkat', 'fallocate')
ENDING = ('flock', 'close')
CALLS = ','.join(f'?{name}' for name in CHANGING + ENDING)


def calls_of(bench):
    """The calls that touch the state: [(name, which of this name)]."""
    path = bench.host.work / 'calls'
    talk = bench.run(('strace', '-y', '-s', '0', '-o', path, '-e',
                      f'trace={CALLS}'))
    assert bench.finished(talk), talk
    count = collections.Counter()
    found = []
    for line in path.read_text(errors='replace').splitlines():
        name = re.match(r'(\w+)\(', line)
        if not name:
            continue
        name = name.group(1)
        count[name] += 1
        if str(STATE) not in line or f'{STATE}/host' in line:
            continue
        if name != 'openat' or 'O_CREAT' in line or 'O_TMPFILE' in line:
            found.append((name, count[name]))
    return found


def faults(name):
    """As strace injects them."""
    kinds = ['error=EIO'] if name in CHANGING else []
    if name in GROWING:
        kinds.append('error=ENOSPC')
    if name == 'pwrite64':
        kinds.append('retval=100')
    return [*kinds, 'signal=KILL']


def sweep(flow):
    calls = calls_of(flow.bench)
    assert [name for name, _ in calls if name == 'pwrite64'], calls
    for name, which in calls:
        for fault in faults(name):
            talk = flow.bench.run(('strace', '-o', '/dev/null', '-e',
                                   f'trace={name}', '-e',
                                   f'inject={name}:{fault}:when={which}'))
            flow.judge(talk, f'{name} {which} {fault}: {talk}')


@pytest.mark.parametrize('change', CHANGES)
def test_change_is_made_or_not(host, change):
    sweep(Change(host, prepare(host), change))


def test_first_set_up_is_made_or_not(host):
    sweep(FirstSetUp(host))
