# SPDX-License-Identifier: BSD-3-Clause
"""Logging in with the real sshd and the real ssh."""

import paramiko
import pytest

import totp
from host import password
from terminal import EOF, shown_code
from words import (APP, BACKUP, CONFIRM, NOT_DIGITS, NOT_NEW, NOT_RIGHT,
                   PASSWORD, SUCCESSOR, USED, left)

COMMAND = 'echo IN:$((40+2)) ${XSUITE_METHOD:-none}'
UNKNOWN = 'mallory'


@pytest.fixture
def alice(host):
    return host.enrol('alice')


@pytest.fixture
def sshd(host):
    host.stack('sshd')
    return host.sshd()


def begin(host, sshd, user='alice', **options):
    """A login that has come past the password."""
    t = host.ssh(sshd, user, COMMAND, **options)
    t.asked(PASSWORD)
    t.type(password(user))
    return t


def let_in(t, method):
    assert t.ended() == (f'IN:42 {method}\n', 0)


def refused(t):
    text, status = t.ended()
    assert status == 255
    assert 'Permission denied' in text
    assert 'IN:42' not in t.transcript


def choose_backup(t, code):
    t.asked(APP)
    t.type('')
    t.asked(BACKUP)
    t.type(code)


def log_in_by_backup(host, sshd, code):
    """The whole way; returns the code that is valid afterwards."""
    t = begin(host, sshd)
    t.sees(APP.replace('(', r'\(').replace(')', r'\)'))
    t.type('')
    t.asked(BACKUP)
    t.type(code)
    new = shown_code(t.asked(SUCCESSOR))
    t.type(new)
    let_in(t, 'backup')
    return new


def test_app_code_lets_in(host, sshd, alice):
    t = begin(host, sshd)
    t.asked(APP)
    t.type(alice.code())
    let_in(t, 'app')
    assert 'user=alice' in host.log.wait('^accepted ')
    assert host.log.wait('method=app.* rhost=127.0.0.1')


def test_app_code_with_a_blank_lets_in(host, sshd, alice):
    t = begin(host, sshd)
    t.asked(APP)
    code = alice.code()
    t.type(f'{code[:3]} {code[3:]}')
    let_in(t, 'app')


def test_backup_code_brings_a_new_one(host, sshd, alice):
    t = begin(host, sshd)
    choose_backup(t, alice.backup)
    new = shown_code(t.asked(SUCCESSOR))
    assert new != alice.backup
    host.log.wait('^right-unconfirmed .*user=alice')
    assert not [l for l in host.log.module() if l.startswith('accepted')]
    t.type(new)
    let_in(t, 'backup')
    host.log.wait('^accepted .*user=alice .*method=backup')

    t = begin(host, sshd)
    choose_backup(t, alice.backup)
    t.asked(left(NOT_RIGHT, 2) + BACKUP)
    t.type(new)
    t.type(shown_code(t.asked(SUCCESSOR)))
    let_in(t, 'backup')


def test_backup_code_at_the_app_prompt_is_taken(host, sshd, alice):
    t = begin(host, sshd)
    t.asked(APP)
    t.type(alice.backup.replace(' ', '-'))
    t.type(shown_code(t.asked(SUCCESSOR)))
    let_in(t, 'backup')


def test_wrong_confirmation_shows_the_same_code_again(host, sshd, alice):
    t = begin(host, sshd)
    choose_backup(t, alice.backup)
    new = shown_code(t.asked(SUCCESSOR))
    for mistyped in ('00000000' if new != '0000 0000' else '1', ''):
        t.type(mistyped)
        text, _ = t.sees(CONFIRM)
        assert text.startswith(NOT_NEW + '\n')
        assert shown_code(text) == new
    t.type(new.replace(' ', ''))
    let_in(t, 'backup')


def test_wrong_code_takes_a_try(host, sshd, alice):
    t = begin(host, sshd)
    t.asked(APP)
    t.type(alice.wrong())
    t.asked(left(NOT_RIGHT, 2) + APP)
    t.type(alice.wrong())
    t.asked(left(NOT_RIGHT, 1) + APP)
    t.type(alice.code())
    let_in(t, 'app')


def test_used_code_is_named(host, sshd, alice):
    code, following = alice.code(), alice.code(1)
    t = begin(host, sshd)
    t.asked(APP)
    t.type(code)
    let_in(t, 'app')

    t = begin(host, sshd)
    t.asked(APP)
    t.type(code)
    t.asked(left(USED, 2) + APP)
    t.type(following)
    let_in(t, 'app')
    # A used code is no guess: nothing was charged.
    assert host.status('alice')['app']['failures'] == 0


def test_old_code_is_wrong(host, sshd, alice):
    old = alice.code(-3)
    if old in totp.near(alice.secret, 2):
        pytest.skip('this secret repeats a code, one in 200,000')
    t = begin(host, sshd)
    t.asked(APP)
    t.type(old)
    t.asked(left(NOT_RIGHT, 2) + APP)


def test_no_code_takes_no_try(host, sshd, alice):
    t = begin(host, sshd)
    t.asked(APP)
    for text in ('hello', '12345', '1234567'):
        t.type(text)
        t.asked(NOT_DIGITS + '\n' + APP)
    t.type(alice.code())
    let_in(t, 'app')


def test_three_wrong_codes_end_the_attempt(host, sshd, alice):
    t = begin(host, sshd, NumberOfPasswordPrompts=2)
    for prompt in (APP, left(NOT_RIGHT, 2) + APP, left(NOT_RIGHT, 1) + APP):
        t.asked(prompt)
        t.type(alice.wrong())
    # ssh starts over, at the password.
    text, _ = t.sees(PASSWORD)
    assert NOT_RIGHT in text and 'left' not in text
    t.type(password('alice'))
    text, _ = t.sees(r'another method\): ')
    assert text.startswith('3 failed attempts since ')
    t.type(alice.code())
    let_in(t, 'app')


def test_failed_attempts_are_told_at_the_next_login(host, sshd, alice):
    t = begin(host, sshd)
    for prompt in (APP, left(NOT_RIGHT, 2) + APP):
        t.asked(prompt)
        t.type(alice.wrong())
    t.asked(left(NOT_RIGHT, 1) + APP)
    t.kill()
    sshd.wait_idle()
    t = begin(host, sshd)
    t.asked('2 failed attempts since @TIME@, last from 127.0.0.1.\n' + APP)
    t.type(alice.code())
    let_in(t, 'app')

    t = begin(host, sshd)
    t.asked(APP)


def test_zero_ends_the_attempt(host, sshd, alice):
    t = begin(host, sshd)
    t.asked(APP)
    t.type('0')
    refused(t)

    t = begin(host, sshd)
    choose_backup(t, '0')
    refused(t)

    t = begin(host, sshd)
    choose_backup(t, alice.backup)
    t.asked(SUCCESSOR)
    t.type('0')
    refused(t)
    log_in_by_backup(host, sshd, alice.backup)


def test_ctrl_d_is_enter(host, sshd, alice):
    t = begin(host, sshd)
    t.asked(APP)
    t.press(EOF)
    t.asked(BACKUP)
    t.press(EOF)
    t.asked(APP)
    t.type(alice.code())
    let_in(t, 'app')


# The line drops: sshd kills the process within the prompt.

def come_to_first_prompt(t, alice):
    t.asked(APP)


def come_past_wrong_code(t, alice):
    t.asked(APP)
    t.type(alice.wrong())
    t.asked(left(NOT_RIGHT, 2) + APP)


def come_to_backup_prompt(t, alice):
    t.asked(APP)
    t.type('')
    t.asked(BACKUP)


def come_to_confirm_prompt(t, alice):
    choose_backup(t, alice.backup)
    t.asked(SUCCESSOR)


def come_past_wrong_confirmation(t, alice):
    come_to_confirm_prompt(t, alice)
    t.type('')
    t.sees(CONFIRM)


@pytest.mark.parametrize('come', [
    come_to_first_prompt, come_past_wrong_code, come_to_backup_prompt,
    come_to_confirm_prompt, come_past_wrong_confirmation])
def test_dropped_line_uses_nothing_up(host, sshd, alice, come):
    t = begin(host, sshd)
    come(t, alice)
    t.kill()
    sshd.wait_idle()
    new = log_in_by_backup(host, sshd, alice.backup)

    t = begin(host, sshd)
    choose_backup(t, alice.backup)
    t.asked(left(NOT_RIGHT, 2) + BACKUP)
    t.kill()
    sshd.wait_idle()
    log_in_by_backup(host, sshd, new)


def test_grace_time_uses_nothing_up(host, alice):
    host.stack('sshd')
    sshd = host.sshd(LoginGraceTime='3')
    t = begin(host, sshd)
    come_to_confirm_prompt(t, alice)
    # The client reads the terminal and does not notice.
    sshd.wait_idle()
    t.kill()
    log_in_by_backup(host, sshd, alice.backup)


# Beside the password; keys are in test_applications.py.

def test_method_password_is_refused_and_not_charged(host, alice):
    host.stack('sshd')
    sshd = host.sshd(PasswordAuthentication='yes',
                     KbdInteractiveAuthentication='no')
    before = host.status('alice')
    t = host.ssh(sshd, 'alice', COMMAND)
    t.asked("alice@xs's password: ")
    t.type(password('alice'))
    refused(t)
    assert host.status('alice') == before
    assert before['app']['failures'] == 0


def test_a_program_is_asked_one_question_at_a_time(host, sshd, alice):
    """Codes are echoed: sshd would answer a hidden prompt with a password."""
    asked = []
    answers = [password('alice'), '', alice.backup]

    def answer(_title, _instructions, prompts):
        asked.extend(prompts)
        if len(prompts) != 1:
            return [''] * len(prompts)
        text = prompts[0][0]
        if answers:
            return [answers.pop(0)]
        host.secrets.append(shown_code(text))
        return [shown_code(text)]

    transport = paramiko.Transport(('127.0.0.1', sshd.port))
    try:
        transport.start_client()
        assert transport.auth_interactive('alice', answer) == []
    finally:
        transport.close()
    assert [echo for _, echo in asked] == [False, True, True, True]
    assert [text for text, _ in asked][:3] == [PASSWORD, APP, BACKUP]
    assert asked[3][0].endswith(CONFIRM)


# Who has no second step.

@pytest.mark.parametrize('user', ['bob', UNKNOWN])
def test_not_enrolled_refuse_looks_like_enrolled(host, alice, user):
    host.stack('sshd', 'not_enrolled=refuse', password_line=False,
               account=False)
    sshd = host.sshd()
    t = host.ssh(sshd, user, COMMAND)
    t.asked(APP)
    t.type('123456')
    t.asked(left(NOT_RIGHT, 2) + APP)
    t.type('')
    t.asked(BACKUP)
    t.type('12345678')
    t.asked(left(NOT_RIGHT, 1) + BACKUP)
    t.type('87654321')
    refused(t)


def test_not_enrolled_pass_lets_in(host, alice):
    host.stack('sshd', 'not_enrolled=pass')
    t = begin(host, host.sshd(), 'bob')
    let_in(t, 'none')


def test_wrong_password_never_comes_to_the_second_step(host, sshd, alice):
    t = host.ssh(sshd, 'alice', COMMAND)
    t.asked(PASSWORD)
    t.type('not-the-password')
    refused(t)
    assert not host.log.module()
