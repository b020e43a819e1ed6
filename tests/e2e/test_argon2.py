# SPDX-License-Identifier: BSD-3-Clause
"""Guesses at backup codes cost the host no more than it can bear, and who
holds the slots of one pool holds none of the other's."""

import collections
import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import threading
import time

import pytest

from host import BUILD, KEY, STATE, password
from tally import tally
from terminal import shown_code
from test_sshd import COMMAND
from words import APP, BACKUP, NOT_RIGHT, PASSWORD, SUCCESSOR

GUESSERS = 100
FIRST_UID = 100000  # of those whom make_records makes
PROCESSORS = os.sysconf('SC_NPROCESSORS_ONLN')
MIB = 1 << 20
COST = 64 * MIB
SMALL = 4 * MIB  # a process that waits: what it shares is counted in part
DEADLINE = 60


@contextlib.contextmanager
def accounts():
    path = pathlib.Path('/etc/passwd')
    before = path.read_bytes()
    path.write_bytes(before + b''.join(
        b'm%d:x:%d:%d::/:/bin/sh\n' % (n, FIRST_UID + n, FIRST_UID + n)
        for n in range(GUESSERS)))
    try:
        yield [f'm{n}' for n in range(GUESSERS)]
    finally:
        path.write_bytes(before)


class Memory(threading.Thread):
    """What the tests' drivers hold together, at most, while it looks."""

    def __init__(self):
        super().__init__()
        self.peak = self.looks = 0
        self.over = threading.Event()

    @staticmethod
    def _proportional(pid):
        try:
            if os.readlink(f'/proc/{pid}/exe') != str(BUILD / 'tests/e2e'
                                                      / 'pam_driver'):
                return 0
            text = pathlib.Path(f'/proc/{pid}/smaps_rollup').read_text(
                encoding='ascii')
        except OSError:
            return 0
        found = re.search(r'^Pss: +(\d+) kB', text, re.M)
        return int(found.group(1)) * 1024 if found else 0

    def run(self):
        while not self.over.is_set():
            held = sum(self._proportional(name) for name in os.listdir('/proc')
                       if name.isdigit())
            self.peak = max(self.peak, held)
            self.looks += 1

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join()


def test_a_hundred_guesses_at_once_are_bounded(host):
    host.stack('test', password_line=False, account=False)
    subprocess.run([BUILD / 'tests/e2e/make_records', STATE, KEY,
                    str(GUESSERS)], check=True)
    with accounts() as users, Memory() as memory:
        talks = host.drive_many([(user, ['00000000', '0']) for user in users],
                                '--barrier')
        listed = host.admin('--json', 'list').stdout.splitlines()
    assert memory.looks > 10
    # It saw the evaluations, and never more of them than may be.
    assert COST < memory.peak < PROCESSORS * COST + GUESSERS * SMALL, \
        memory.peak
    assert len(talks) == GUESSERS
    results = collections.Counter(talk.result for talk in talks)
    assert set(results) <= {'PAM_AUTH_ERR', 'PAM_AUTHINFO_UNAVAIL'}, results
    judged = {user for user, talk in zip(users, talks)
              if any(text.startswith(NOT_RIGHT) for text in talk.texts)}
    assert len(judged) == results['PAM_AUTH_ERR'] >= PROCESSORS
    # Charged is who was judged, and nobody else.
    charged = {each['user'] for each in map(json.loads, listed)
               if each['backup']['failures'] == 1}
    assert charged == judged
    tally('guesses at once, memory in bounds', GUESSERS,
          f'{memory.peak // MIB} MiB')


def holders(pool):
    """Which process holds which slot of a pool."""
    inodes = {path.stat().st_ino for path in
              (STATE / 'host').glob(f'argon2-{pool}.*')}
    found = {}
    for line in pathlib.Path('/proc/locks').read_text(
            encoding='ascii').splitlines():
        words = line.split()
        if words[1] != 'FLOCK':
            continue
        inode = int(words[5].rsplit(':', 1)[1])
        if inode in inodes:
            found[inode] = int(words[4])
    return found


@contextlib.contextmanager
def user_slots_held(host, user):
    """By processes like those of su, stopped in the middle of Argon2. Their
    own caller cannot stop them there; root can."""
    argv = [*map(str, host.driver()), '--real-uid', str(host.uids[user]),
            '--as', user, '--answer', '00000000', '--answer', '0']
    began = [subprocess.Popen(argv, stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL)
             for _ in range(PROCESSORS)]
    stopped = {}
    end = time.monotonic() + DEADLINE
    try:
        while len(stopped) < PROCESSORS and time.monotonic() < end:
            for inode, pid in holders('user').items():
                if inode not in stopped:
                    os.kill(pid, signal.SIGSTOP)
                    stopped[inode] = pid
        assert len(stopped) == PROCESSORS, 'slots that nobody holds'
        assert set(holders('user').values()) == set(stopped.values())
        yield
        assert set(holders('user').values()) == set(stopped.values())
    finally:
        for each in began:
            each.send_signal(signal.SIGCONT)
        for each in began:
            each.wait(DEADLINE)


def log_in_by_ssh(host, sshd, code):
    t = host.ssh(sshd, 'alice', COMMAND)
    t.asked(PASSWORD)
    t.type(password('alice'))
    t.asked(APP)
    t.type('')
    t.asked(BACKUP)
    t.type(code)
    t.type(shown_code(t.asked(SUCCESSOR)))
    assert t.ended() == ('IN:42 backup\n', 0)


@pytest.mark.parametrize('rounds', [int(os.environ.get('XS_HOLDS', '1'))])
def test_stopped_processes_hold_no_slot_of_sshd(host, rounds):
    # Long enough to be stopped in.
    host.config('argon2_memory = 256M\n', defaults='fail_delay = 0\n')
    host.stack('test', password_line=False, account=False)
    host.stack('sshd')
    sshd = host.sshd()
    bob = host.enrol('bob')
    for _ in range(rounds):
        host.admin('unlock', 'bob')
        alice = host.enrol('alice', '--replace')
        with user_slots_held(host, 'bob'):
            log_in_by_ssh(host, sshd, alice.backup)
            # In their own pool there is no room, and nobody is charged.
            talk = host.drive('bob', bob.backup, options=(
                '--real-uid', str(host.uids['bob'])))
            assert talk.result == 'PAM_AUTHINFO_UNAVAIL', talk
            assert 'The host is busy.' in ''.join(talk.texts), talk
    tally('logins by sshd beside stopped holders', rounds)
