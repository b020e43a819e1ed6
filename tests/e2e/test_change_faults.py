# SPDX-License-Identifier: BSD-3-Clause
"""Every write, sync and link of each change of the settings fails, or is the
last thing that the process does: the old or the new works, never neither and
never both."""

import collections
import re
import signal

import pytest

import driver
import totp
from host import DRIVER, STATE
from phone import Phone

# What a change does to the state; the lock and the close come after it, and
# a process killed there has written all.
CHANGING = ('openat', 'pwrite64', 'fsync', 'fdatasync', 'linkat', 'unlinkat',
            'renameat', 'renameat2', 'ftruncate', 'fallocate', 'mkdirat',
            'fchmod', 'fchown')
GROWING = ('openat', 'pwrite64', 'linkat', 'fallocate')
ENDING = ('flock', 'close')
CALLS = ','.join(f'?{name}' for name in CHANGING + ENDING)

# The word, what is answered after the login's code, and what it changes.
CHANGES = {
    'app': ('app', ('@scan',)),
    'backup': ('backup', ('@new',)),
    'default': ('default', ('1',)),
    'language': ('language', ('2',)),
}
FIRST = ('@scan', '@new')


class Bench:
    """One person, and his state as it was before."""

    def __init__(self, host, setting, answers):
        self.host = host
        self.options = ('--setting', setting) if setting else ()
        self.answers = answers
        self.record = host.record('alice')
        self.before = self.record.read_bytes() if self.record.exists() \
            else None

    def put(self, contents):
        """The state of a moment; a login that is tried changes it."""
        if contents is None:
            for path in (self.record, STATE / 'names/alice'):
                path.unlink(missing_ok=True)
        else:
            self.record.write_bytes(contents)

    def run(self, *wrap):
        """The change from the beginning, so wrapped; killed or not."""
        self.put(self.before)
        answers = self.answers()
        done, talks = driver.run(
            DRIVER, '/etc/pam.d', ['--service', 'test', *self.options],
            [driver.person('alice', answers)], wrap)
        assert done.returncode in (0, -signal.SIGKILL), done
        self.host.secrets += [a for a in answers if a[0] != '@']
        return talks[0]

    def calls(self):
        """The calls that touch the state: [(name, which of this name)]."""
        path = self.host.work / 'calls'
        talk = self.run('strace', '-f', '-y', '-s', '0', '-o', path, '-e',
                        f'trace={CALLS}')
        assert self.finished(talk), talk
        count = collections.Counter()
        found = []
        for line in path.read_text(errors='replace').splitlines():
            name = re.match(r'\d+ +(\w+)\(', line)
            if not name:
                continue
            name = name.group(1)
            count[name] += 1
            if str(STATE) not in line or f'{STATE}/host' in line:
                continue
            if name != 'openat' or 'O_CREAT' in line or 'O_TMPFILE' in line:
                found.append((name, count[name]))
        return found

    def finished(self, talk):
        last = 'chauthtok' if self.options else 'acct_mgmt'
        return talk.results.get(last) == 'PAM_SUCCESS'

    def lets_in(self, *answers):
        """Would this login, without changing anything?"""
        names = STATE / 'names/alice'
        was = self.record.read_bytes() if self.record.exists() else None
        talk = self.host.drive('alice', *answers, service='try')
        if was is not None:
            self.put(was)
        assert names.exists() or was is None
        return talk.let_in


def faults(name):
    """As strace injects them."""
    kinds = ['error=EIO'] if name in CHANGING else []
    if name in GROWING:
        kinds.append('error=ENOSPC')
    if name == 'pwrite64':
        kinds.append('retval=100')
    return [*kinds, 'signal=KILL']


def sweep(bench, judge):
    calls = bench.calls()
    assert [name for name, _ in calls if name == 'pwrite64'], calls
    for name, which in calls:
        for fault in faults(name):
            talk = bench.run('strace', '-f', '-o', '/dev/null', '-e',
                             f'trace={name}', '-e',
                             f'inject={name}:{fault}:when={which}')
            judge(talk, f'{name} {which} {fault}: {talk}')


@pytest.fixture
def alice(host):
    host.stack('test', password_line=False)
    with open('/etc/pam.d/test', 'a', encoding='ascii') as file:
        file.write(next(
            line for line in open('/etc/pam.d/test', encoding='ascii')
            if line.startswith('auth') and 'xsuite' in line).replace(
                'auth', 'password', 1).rstrip() + ' settings\n')
    host.stack('try', password_line=False, account=False)
    return host.enrol('alice')


@pytest.mark.parametrize('change', CHANGES)
def test_change_is_made_or_not(host, alice, change):
    setting, answers = CHANGES[change]
    if change == 'default':
        host.config('sms_allow = +316\n')
        host.admin('phone', 'alice', '+31612345678')
        host.admin('default', 'alice', 'sms')
    bench = Bench(host, setting, lambda: (alice.code(), *answers))
    was = host.status('alice')

    def judge(talk, what):
        now = host.status('alice')
        new = {'app': lambda: bench.lets_in(Phone(host, '\n'.join(
                   talk.texts)).code(1)),
               'backup': lambda: bench.lets_in(talk.new_code(), '@new'),
               'default': lambda: now['default'] == 'app',
               'language': lambda: now['language'] == 'nl'}
        old = {'app': lambda: bench.lets_in(alice.code(1)),
               'backup': lambda: bench.lets_in(alice.backup, '@new'),
               'default': lambda: now['default'] == was['default'],
               'language': lambda: now['language'] == was['language']}
        asked = any('Key:' in text or 'new backup code' in text
                    for text in talk.texts)
        is_old = old[change]()
        is_new = (change in ('default', 'language') or asked) and \
            new[change]()
        assert is_old != is_new, what
        # Said to be done is done, whatever comes after.
        assert is_new or not bench.finished(talk), what
        # What was not changed works as before.
        for other in {'app', 'backup'} - {change}:
            assert old[other](), what

    sweep(bench, judge)


def mend_half_made(host):
    """Killed after its name was made and before the record was: nothing says
    any more that there was none, so he is refused until somebody looks."""
    talk = host.drive('alice')
    assert not talk.let_in and not talk.prompts
    host.log.wait('reason=mismatch what="[^"]*/names/alice has no record')
    host.admin('remove', 'alice')


def test_first_set_up_is_made_or_not(host):
    host.config('not_enrolled = enrol\nenrol_services = test\n')
    host.stack('test', password_line=False)
    host.stack('try', 'not_enrolled=refuse', password_line=False,
               account=False)
    bench = Bench(host, None, lambda: FIRST)

    def judge(talk, what):
        if bench.record.exists():
            phone = Phone(host, '\n'.join(talk.texts))
            assert bench.lets_in(totp.code(phone.secret, totp.step() + 1)), \
                what
            assert bench.lets_in(talk.new_code(), '@new'), what
        else:
            # Nothing of it is left in the way of the next one.
            assert not bench.finished(talk), what
            if (STATE / 'names/alice').exists():
                assert 'KILL' in what, what
                mend_half_made(host)
            again = host.drive('alice', *FIRST)
            assert bench.finished(again), f'{what}, then: {again}'
            assert host.drive('alice', Phone(
                host, '\n'.join(again.texts)).code(1)).let_in, what

    sweep(bench, judge)
