# SPDX-License-Identifier: BSD-3-Clause
"""The real login(1) and su(1)."""

import pytest

from host import password
from terminal import EOF, shown_code
from words import APP, BACKUP, PASSWORD, SUCCESSOR

COMMAND = 'echo $(id -un):$((40+2))'
ALICE = 'alice:42'


@pytest.fixture
def alice(host):
    host.stack('login')
    host.stack('su')
    return host.enrol('alice')


def login(host):
    t = host.terminal(['login', 'alice'])
    t.asked(PASSWORD)
    t.type(password('alice'))
    t.asked(APP)
    return t


def su(host):
    t = host.terminal(host.as_user('bob', 'su', 'alice', '-c', COMMAND))
    t.asked(PASSWORD)
    t.type(password('alice'))
    t.asked(APP)
    return t


def in_shell(t):
    t.sees(r'\$ ')
    t.type(COMMAND)
    t.sees(ALICE)
    t.type('exit')
    t.ended()


def test_login_by_backup_code(host, alice):
    t = login(host)
    t.type('')
    t.asked(BACKUP)
    t.type(alice.backup)
    t.type(shown_code(t.asked(SUCCESSOR)))
    in_shell(t)


def test_login_ctrl_d_refuses(host, alice):
    before = host.status('alice')
    t = login(host)
    t.press(EOF)
    # login(1) begins anew, or ends; a shell is what it may not give.
    t.sees('(?i)login (incorrect|failure)|login: ')
    t.close()
    assert ALICE not in t.transcript and '$ ' not in t.transcript
    assert not [l for l in host.log.lines() if 'segfault' in l]
    host.log.wait('(?i)user=alice.*conv|conv.*user=alice')
    assert host.status('alice') == before


def test_login_ctrl_d_at_the_confirmation_uses_nothing_up(host, alice):
    t = login(host)
    t.type(alice.backup)
    t.asked(SUCCESSOR)
    t.press(EOF)
    t.sees('(?i)login (incorrect|failure)|login: ')
    t.close()
    t = host.terminal(host.as_user('bob', 'su', 'alice', '-c', COMMAND))
    t.asked(PASSWORD)
    t.type(password('alice'))
    t.sees(r'another method\): ')
    t.type(alice.backup)
    t.asked(SUCCESSOR)


def test_login_ctrl_c_uses_nothing_up(host, alice):
    t = login(host)
    t.type(alice.backup)
    t.asked(SUCCESSOR)
    t.press('\x03')
    t.ended()
    t = host.terminal(host.as_user('bob', 'su', 'alice', '-c', COMMAND))
    t.asked(PASSWORD)
    t.type(password('alice'))
    t.sees(r'another method\): ')
    t.type(alice.backup)
    t.type(shown_code(t.asked(SUCCESSOR)))
    assert t.ended() == (ALICE + '\n', 0)


def test_su_by_backup_code(host, alice):
    t = su(host)
    t.type('')
    t.asked(BACKUP)
    t.type(alice.backup)
    t.type(shown_code(t.asked(SUCCESSOR)))
    assert t.ended() == (ALICE + '\n', 0)


def test_su_ctrl_d_refuses(host, alice):
    before = host.status('alice')
    t = su(host)
    t.press(EOF)
    _, status = t.ended()
    assert t.signal is None and status == 1
    assert ALICE not in t.transcript
    assert host.status('alice') == before
