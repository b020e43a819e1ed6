# SPDX-License-Identifier: BSD-3-Clause
"""One flow, run again and again from the same state: each time another one
of its system calls is the last, or fails.

XS_STRIDE is how many calls there are from one that is struck to the next;
1 strikes all of them.
"""

import collections
import itertools
import os
import re
import shutil
import signal
import subprocess

from host import BUILD, CONFIG, ENVIRONMENT, ETC, STATE

STRIDE = int(os.environ.get('XS_STRIDE', '40'))
# There are far fewer allocations than calls.
MEMORY_STRIDE = max(1, STRIDE // 8)
MEMORY = BUILD / 'tests/module/fail_allocation.so'

KILL = 'signal=KILL'

# What may come back from a call, besides success.
ERRORS = {
    'openat': ('EACCES', 'EMFILE', 'ENOMEM', 'EIO', 'EINTR', 'EROFS'),
    'newfstatat': ('EACCES', 'EIO', 'ENOMEM'),
    'fstat': ('EIO',),
    'fstatfs': ('EIO', 'EINTR'),
    'read': ('EIO', 'EINTR'),
    'pread64': ('EIO', 'EINTR'),
    'pwrite64': ('EIO', 'ENOSPC', 'EROFS', 'EFBIG', 'EINTR'),
    'flock': ('EINTR', 'ENOLCK', 'EIO'),
    'fcntl': ('EMFILE', 'EINTR', 'ENOLCK'),
    'close': ('EIO', 'EINTR'),
    'fsync': ('EIO', 'ENOSPC'),
    'fdatasync': ('EIO', 'ENOSPC'),
    'linkat': ('EIO', 'ENOSPC', 'EROFS', 'EACCES'),
    'unlinkat': ('EIO', 'EROFS', 'EACCES'),
    'renameat2': ('EIO', 'ENOSPC', 'EROFS'),
    'ftruncate': ('EIO', 'EFBIG', 'EINTR'),
    'fallocate': ('EIO', 'ENOSPC', 'EINTR'),
    'fchmod': ('EIO', 'EROFS'),
    'fchown': ('EIO', 'EROFS'),
    'mkdirat': ('EIO', 'ENOSPC', 'EACCES'),
    'getdents64': ('EIO',),
    'getrandom': ('EINTR', 'ENOSYS'),
    'mmap': ('ENOMEM',),
    'munmap': ('ENOMEM',),
    'setresuid': ('EPERM', 'EAGAIN'),
    'clone': ('EAGAIN', 'ENOMEM'),
    'pipe2': ('EMFILE', 'ENFILE'),
    'poll': ('EINTR', 'ENOMEM'),
    'wait4': ('EINTR', 'ECHILD'),
    'socket': ('EMFILE', 'EACCES'),
    'connect': ('ECONNREFUSED', 'EACCES'),
    'sendto': ('ENOBUFS', 'ECONNREFUSED'),
}
# brk knows no error: it says where the break is, below what was asked for.
SHORT = {'pwrite64': 'retval=100', 'pread64': 'retval=100', 'read': 'retval=0',
         'brk': 'retval=0'}


def faults_of(name):
    faults = [f'error={error}' for error in ERRORS.get(name, ())]
    if name in SHORT:
        faults.append(SHORT[name])
    return faults


def is_log_cut(what):
    """Was it the way to the log itself that was struck?"""
    return what.startswith(('socket ', 'connect ', 'sendto '))


class State:
    """The state, the host key and the options at one moment."""

    def __init__(self, work):
        self.copies = {STATE: work / 'state-then', ETC: work / 'etc-then'}
        for place, copy in self.copies.items():
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(place, copy)

    def again(self):
        for place, copy in self.copies.items():
            for path in place.iterdir():
                if path.is_dir():
                    shutil.rmtree(path)
                else:
                    path.unlink()
            shutil.copytree(copy, place, dirs_exist_ok=True)


class Flow:
    """What run(wrap) does from the state it is made in. judge(outcome, what)
    asserts what must hold, however it was struck. Unless it is alone, the
    programs that it starts are struck at the same calls."""

    def __init__(self, host, run, judge, alone=False):
        self.host = host
        self.follow = () if alone else ('-f',)
        self.run = run
        self.judge = judge
        self.state = State(host.work)

    def calls(self):
        """The calls from the options file to the end: [(name, which of this
        name in the process)]."""
        path = self.host.work / 'calls'
        self.state.again()
        self.run(('strace', '-f', '-s', '64', '-o', path))
        count = collections.Counter()
        found = []
        first = None
        begun = False
        for line in path.read_text(errors='replace').splitlines():
            call = re.match(r'(\d+) +(\w+)\(', line)
            if not call:
                continue
            pid, name = call.groups()
            first = first or pid
            if pid != first:
                continue
            count[name] += 1
            begun = begun or CONFIG.name in line
            if begun and not name.startswith('exit'):
                found.append((name, count[name]))
        assert len(found) > 30, found
        return found

    def strike(self, name, which, fault):
        self.state.again()
        outcome = self.run(('strace', *self.follow, '-o', '/dev/null', '-e',
                            f'trace={name}', '-e',
                            f'inject={name}:{fault}:when={which}'))
        self.judge(outcome, f'{name} {which} {fault}: {outcome}')

    def kill(self):
        """Killed at each call. How many times that was."""
        calls = self.calls()[::STRIDE]
        for name, which in calls:
            self.strike(name, which, KILL)
        return len(calls)

    def fail(self):
        """Each call fails in each way it can. How many times that was."""
        faults = [(name, which, fault) for name, which in self.calls()
                  for fault in faults_of(name)][::STRIDE]
        for fault in faults:
            self.strike(*fault)
        return len(faults)

    def starve(self):
        """Each allocation of our own fails, alone or with all after it. How
        many times that was."""
        count = 0
        told = self.host.work / 'starved'
        for more in (), ('XS_ALLOCATION_FOR_GOOD=1',):
            for number in itertools.count(0, MEMORY_STRIDE):
                told.unlink(missing_ok=True)
                self.state.again()
                outcome = self.run((
                    'env', f'LD_PRELOAD={MEMORY}', f'XS_ALLOCATION={number}',
                    f'XS_ALLOCATION_FAILED={told}', *more))
                if not told.exists():
                    break
                self.judge(outcome,
                           f'allocation {number} {more}: {outcome}')
                count += 1
        assert count > 0
        return count


class Command:
    """How a program ended."""

    def __init__(self, argv, wrap):
        done = subprocess.run([*wrap, *argv], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=False,
                              env=ENVIRONMENT, timeout=120)
        self.status = done.returncode
        self.out = done.stdout
        self.error = done.stderr
        # strace ends as what it has traced ended.
        self.killed = done.returncode == -signal.SIGKILL

    def __repr__(self):
        return f'{self.status} {self.out!r} {self.error!r}'
