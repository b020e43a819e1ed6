# SPDX-License-Identifier: BSD-3-Clause
"""The real sudo, as a second factor for root."""

import subprocess

import pytest

from host import ENVIRONMENT, password
from terminal import EOF, shown_code
from words import APP, BACKUP, CONFIRM, NOT_RIGHT, SUCCESSOR, left

PASSWORD = '[sudo] password for alice: '
COMMAND = ('sh', '-c', 'echo $(id -un):$((40+2))')
ROOT = 'root:42'


@pytest.fixture
def alice(host):
    host.stack('sudo')
    return host.enrol('alice')


def begin(host):
    t = host.sudo('alice', *COMMAND)
    t.asked(PASSWORD)
    t.type(password('alice'))
    return t


def refused(t):
    _, status = t.ended()
    assert status == 1
    assert ROOT not in t.transcript


def test_app_code_lets_in(host, alice):
    t = begin(host)
    t.asked(APP)
    t.type(alice.code())
    assert t.ended() == (ROOT + '\n', 0)
    host.log.wait('^accepted .*user=alice .*method=app')


def test_new_backup_code_is_seen_though_sudo_is_silent(host, alice):
    t = begin(host)
    t.asked(APP)
    t.type('')
    t.asked(BACKUP)
    t.type(alice.backup)
    new = shown_code(t.asked(SUCCESSOR))
    t.type(new)
    assert t.ended() == (ROOT + '\n', 0)

    t = begin(host)
    t.asked(APP)
    t.type('')
    t.asked(BACKUP)
    t.type(alice.backup)
    t.asked(left(NOT_RIGHT, 2) + BACKUP)
    t.type(new)
    t.asked(SUCCESSOR)


def test_wrong_codes_make_sudo_start_over(host, alice):
    t = begin(host)
    for prompt in (APP, left(NOT_RIGHT, 2) + APP, left(NOT_RIGHT, 1) + APP):
        t.asked(prompt)
        t.type(alice.wrong())
    t.asked('Sorry, try again.\n' + PASSWORD)
    t.type(password('alice'))
    t.asked('3 failed attempts since @TIME@.\n' + APP)
    t.type(alice.code())
    assert t.ended() == (ROOT + '\n', 0)


@pytest.mark.parametrize('key', [EOF, '\x03'], ids=['ctrl-d', 'ctrl-c'])
def test_no_answer_refuses(host, alice, key):
    before = host.status('alice')
    t = begin(host)
    t.asked(APP)
    assert t.press_until_ended(key) == 1
    assert ROOT not in t.transcript
    assert host.status('alice') == before


def test_no_answer_at_the_confirmation_uses_nothing_up(host, alice):
    t = begin(host)
    t.asked(APP)
    t.type(alice.backup)
    t.asked(SUCCESSOR)
    t.press(EOF)
    refused(t)
    t = begin(host)
    t.sees(r'another method\): ')
    t.type(alice.backup)
    t.type(shown_code(t.asked(SUCCESSOR)))
    assert t.ended() == (ROOT + '\n', 0)


def piped(host, *options):
    return subprocess.Popen(
        host.as_user('alice', 'sudo', *options, *COMMAND), cwd='/',
        env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, start_new_session=True)


def test_piped_answers_let_in(host, alice):
    typed = f'{password("alice")}\n{alice.code()}\n'
    out, err = piped(host, '-S').communicate(typed.encode(), 30)
    assert out.decode() == ROOT + '\n', err


def test_piped_backup_code_is_confirmed(host, alice):
    sudo = piped(host, '-S')
    sudo.stdin.write(f'{password("alice")}\n\n{alice.backup}\n'.encode())
    sudo.stdin.flush()
    seen = ''
    while not seen.endswith(CONFIRM):
        byte = sudo.stderr.read(1).decode()
        assert byte, seen
        seen += byte
    host.secrets.append(shown_code(seen))
    out, _ = sudo.communicate(f'{shown_code(seen)}\n'.encode(), 30)
    assert out.decode() == ROOT + '\n'


def test_not_enrolled_pass_lets_in(host):
    host.stack('sudo')
    t = begin(host)
    assert t.ended() == (ROOT + '\n', 0)
