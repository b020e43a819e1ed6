# SPDX-License-Identifier: BSD-3-Clause
"""Senders that do not do their work, in applications of every kind: the
person is told, can go on by another method, and nothing is left behind."""

import collections
import os
import pathlib
import re
import time

import pytest

from host import SMS_USER, password
from inbox import MENU, NOT_SENT, NUMBER, SENT, SHOWN, SMS, not_in_state
from words import APP, PASSWORD

TIMEOUT = 2   # sms_timeout
PATIENCE = 1 + 10  # promised: one second; the rest is for slow hosts
COMMAND = 'echo IN:$((40+2)) ${XSUITE_METHOD:-none}'
OTHERS = ('Other ways to log in:\n'
          '  1  Authenticator app code\n'
          '  2  Backup code\n'
          '  0  Back to the login page\n'
          'Choose 0-2: ')
# Found in no other process's command line.
SLEEP = f'sleep 9876.{os.getpid()}'
HABITS = ('ignore-children', 'reap-children', 'block-signals', 'threads')

# What it is, and whether it took the text all the same.
SENDERS = {
    'missing': (None, False),
    'no program': ('', False),
    'fails': ('cat >/dev/null; exit 3', False),
    'is killed': (f'kill -KILL $$; {SLEEP}', False),
    'hangs': (SLEEP, False),
    'hangs on': (f"trap '' TERM HUP INT; while :; do {SLEEP}; done", False),
    'prints megabytes': ('yes | head -c 8000000; yes | head -c 8000000 >&2',
                         True),
    'prints for ever': ('yes; yes >&2', False),
    'leaves a child': (f'{SLEEP} & exit 0', True),
    'leaves daemons': (f'for i in 1 2 3 4 5; do (setsid {SLEEP} &); done; '
                       'exit 4', False),
    'hangs with a daemon': (f'(setsid {SLEEP} &); {SLEEP}', False),
}


@pytest.fixture
def alice(host):
    host.config('country_code = 31\n')
    return host.enrol('alice', '--phone', NUMBER)


def set_sender(host, text, *options, timeout=TIMEOUT):
    path = host.work / 'hostile'
    path.unlink(missing_ok=True)
    if text is not None:
        path.write_text(f'#!/bin/sh\n{text}\n')
        path.chmod(0o755 if text else 0o644)
    host.config('\n'.join([f'sms_command = {path}', 'country_code = 31',
                           f'sms_timeout = {timeout}', *options, '']))


def processes(host):
    """Those of a sender: by what they run, or whose they are."""
    marks = (SLEEP.encode().replace(b' ', b'\0'),
             str(host.work / 'hostile').encode())
    found = []
    for path in pathlib.Path('/proc').glob('[0-9]*'):
        try:
            line = (path / 'cmdline').read_bytes()
        except OSError:
            continue
        if any(mark in line for mark in marks):
            found.append((path.name, line))
    return found


def tree(top):
    """A process and all below it: (pid, state)."""
    below = {}
    for path in pathlib.Path('/proc').glob('[0-9]*/stat'):
        try:
            pid, rest = path.read_text(errors='replace').split(' ', 1)
        except OSError:
            continue
        state, parent = rest.rsplit(') ', 1)[1].split()[:2]
        below.setdefault(int(parent), []).append((int(pid), state))
    found, left = [], [top]
    while left:
        children = below.get(left.pop(), [])
        found += children
        left += [pid for pid, _ in children]
    return found


def descriptors(pid):
    return sorted(os.readlink(f'/proc/{pid}/fd/{n}')
                  for n in os.listdir(f'/proc/{pid}/fd'))


def more_than(before, after):
    """syslog(3) keeps a socket, which it opens when it first logs."""
    more = list((collections.Counter(after) -
                 collections.Counter(before)).elements())
    if len(more) == 1 and more[0].startswith('socket:'):
        more.clear()
    return more


def at_the_menu(host, sshd, menu=MENU):
    t = host.ssh(sshd, 'alice', COMMAND)
    t.asked(PASSWORD)
    t.type(password('alice'))
    t.asked(APP)
    t.type('')
    t.asked(menu)
    return t


@pytest.mark.parametrize('name', SENDERS)
def test_ssh_login_is_told_and_goes_on(host, alice, name):
    text, takes = SENDERS[name]
    set_sender(host, text)
    host.stack('sshd')
    sshd = host.sshd()
    t = at_the_menu(host, sshd)
    before = {pid: descriptors(pid) for pid, _ in tree(sshd.pid)}
    began = time.monotonic()
    t.type('1')
    t.asked(SENT + SMS if takes else NOT_SENT + MENU)
    assert time.monotonic() - began < TIMEOUT + PATIENCE
    assert processes(host) == []
    after = tree(sshd.pid)
    assert {pid for pid, _ in after} == set(before), 'a process is left'
    assert 'Z' not in {state for _, state in after}, 'a zombie is left'
    for pid, was in before.items():
        assert more_than(was, descriptors(pid)) == []
    if takes:
        t.type('')
        t.asked(OTHERS)
        t.type('1')
        t.asked(APP)
    t.type(alice.code())
    assert t.ended() == ('IN:42 app\n', 0)
    host.log.wait('^sent ' if takes else '^not-sent .*reason=sender .*what=')


@pytest.mark.parametrize('habit', HABITS)
@pytest.mark.parametrize('name', SENDERS)
def test_application_with_habits_is_told_and_goes_on(
        host, alice, name, habit):
    """pam_driver compares itself before and after, children included."""
    text, takes = SENDERS[name]
    set_sender(host, text)
    host.stack('test', password_line=False, account=False)
    began = time.monotonic()
    talk = host.drive('alice', '', '1', *(['', '1'] if takes else []),
                      alice.code(), options=('--habit', habit))
    assert time.monotonic() - began < TIMEOUT + PATIENCE
    assert talk.prompts == [APP, MENU, *(
        [SENT + SMS, OTHERS, APP] if takes else [NOT_SENT + MENU])]
    assert talk.let_in and talk.method == 'app'
    assert processes(host) == []


@pytest.mark.parametrize('text', ['exit 0', 'exit 1'])
def test_dropped_line_is_not_blamed_on_the_sender(host, alice, text):
    set_sender(host, text)
    host.stack('test', password_line=False, account=False)
    assert host.drive('alice', '', '1').result == 'PAM_CONV_ERR'
    line = host.log.wait('^refused .*reason=conversation')
    assert 'what=' not in line


def test_sender_user_that_is_missing_is_told(host, alice):
    set_sender(host, 'cat >/dev/null', 'sms_user = nobody-at-all')
    host.stack('test', password_line=False, account=False)
    talk = host.drive('alice', '', '1', alice.code())
    assert talk.prompts[2] == NOT_SENT + MENU and talk.let_in
    host.log.wait('^not-sent .*nobody-at-all')


def test_sending_leaves_code_and_number_to_the_sender_alone(host):
    """ps, while it runs. The number is in the sender's own arguments, which
    is how it is told: that one process is left out, and no other."""
    # No other test's number, at work beside this one.
    number = f'+3165{os.getpid():07}'
    menu, sent = (text.replace(SHOWN, f'+31 ******{number[-2:]}')
                  for text in (MENU, SENT))
    host.config('country_code = 31\n')
    host.enrol('alice', '--phone', number)
    place = host.work / 'slow'
    place.mkdir(exist_ok=True)
    os.chown(place, host.uids[SMS_USER], -1)
    for name in ('text', 'pid', 'go'):
        (place / name).unlink(missing_ok=True)
    set_sender(host, f'cat >{place}/text; echo $$ >{place}/new\n'
               f'mv {place}/new {place}/pid\n'
               f'until [ -e {place}/go ]; do sleep 0.1; done', timeout=30)
    host.stack('sshd')
    t = at_the_menu(host, host.sshd(), menu)
    t.type('1')
    end = time.monotonic() + 30
    while not (place / 'pid').exists():
        assert time.monotonic() < end, 'the sender does not run'
        time.sleep(0.02)
    sender = int((place / 'pid').read_text())
    code = re.match(r'\d{6}(?= )', (place / 'text').read_text()).group()
    host.secrets += [code, number, number[3:]]
    seen = {}
    for path in pathlib.Path('/proc').glob('[0-9]*'):
        for what in ('cmdline', 'environ'):
            try:
                seen[path.name, what] = (path / what).read_bytes()
            except OSError:
                pass
    own = seen.pop((str(sender), 'cmdline'))
    assert own.split(b'\0')[-2] == number.encode()
    assert code.encode() not in own
    environ = seen[str(sender), 'environ'].rstrip(b'\0').split(b'\0')
    assert [word.split(b'=')[0] for word in environ] == [b'PATH']
    for key, data in seen.items():
        assert code.encode() not in data, key
        assert number[3:].encode() not in data, key
    not_in_state(code, number[1:], number[3:])
    (place / 'go').touch()
    t.asked(sent + SMS)
    t.type(code)
    assert t.ended() == ('IN:42 sms\n', 0)
    not_in_state(code, number[1:], number[3:])
