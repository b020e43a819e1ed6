# SPDX-License-Identifier: BSD-3-Clause
"""A text costs money: when one is sent, when none is, and which code counts
for whom. The sender leaves each SMS as a file, and the files are counted."""

import os
import re
import time

import pytest

from host import CROWD, password
from inbox import ASK, MENU, NUMBER, SENT, SHOWN, SMS, Inbox, not_in_state
from sms_gateways import Spool
from terminal import EOF
from words import APP, NOT_RIGHT, PASSWORD, left

COMMAND = 'echo IN:$((40+2)) ${XSUITE_METHOD:-none}'
LIMIT = 'No more SMS codes until '
TOGETHER = 50


@pytest.fixture(scope='module')
def spool(machine):
    with Spool(machine.work / 'spool-limits') as gateway:
        yield gateway


@pytest.fixture
def inbox(host, spool):
    return Inbox(host, spool)


def all_new(inbox):
    """How many texts came; their codes may be nowhere else."""
    messages = inbox.gateway.messages()[inbox.seen:]
    inbox.seen += len(messages)
    codes = [message.text[:6] for message in messages]
    assert all(re.fullmatch(r'\d{6}', code) for code in codes)
    inbox.host.secrets += codes
    if codes:
        not_in_state(*codes)
    return len(messages)


def su(host):
    t = host.terminal(host.as_user('bob', 'su', 'alice', '-c', 'id -un'))
    t.asked(PASSWORD)
    t.type(password('alice'))
    return t


def ask_for_text(host, inbox):
    """A connection of its own, at its SMS prompt, and the code it got."""
    t = su(host)
    t.asked(ASK)
    t.type('')
    t.asked(SENT + SMS)
    return t, inbox.code()


@pytest.fixture
def alice(host, inbox):
    host.stack('su')
    host.stack('sshd')
    enrolment = host.enrol('alice', '--phone', NUMBER)
    host.admin('default', 'alice', 'sms')
    return enrolment


def after_cooldown():
    time.sleep(1.1)  # sms_cooldown is a second here


# Which code.


def test_code_of_one_connection_is_refused_on_another(host, inbox, alice):
    t, code = ask_for_text(host, inbox)
    other, others = t, code
    while others == code:  # once in a million
        after_cooldown()
        other, others = ask_for_text(host, inbox)
    other.type(code)
    other.asked(left(NOT_RIGHT, 2) + SMS)
    t.type(others)
    t.asked(left(NOT_RIGHT, 2) + SMS)
    other.type(others)
    assert other.ended() == ('alice\n', 0)
    # It was not used up where it was refused.
    t.type(code)
    assert t.ended() == ('alice\n', 0)


def test_connection_that_asked_for_no_text_takes_no_code(
        host, inbox, alice):
    host.admin('default', 'alice', 'app')
    t = su(host)
    t.asked(APP)
    t.type('')
    t.asked(MENU)
    t.type('1')
    t.asked(SENT + SMS)
    code = inbox.code()
    if code == alice.code():
        pytest.skip('the app shows the same code, once in a million')
    other = su(host)
    other.asked(APP)
    other.type(code)
    other.asked(left(NOT_RIGHT, 2) + APP)
    t.type(code)
    text, status = t.ended()
    assert status == 0 and text.endswith('alice\n')


def test_code_works_once(host, inbox, alice):
    t, code = ask_for_text(host, inbox)
    t.type(code)
    assert t.ended() == ('alice\n', 0)
    after_cooldown()
    t, fresh = ask_for_text(host, inbox)
    assert fresh != code
    t.type(code)
    t.asked(left(NOT_RIGHT, 2) + SMS)


def test_r_voids_the_code_before(host, inbox, alice):
    t, first = ask_for_text(host, inbox)
    second = first
    while second == first:
        after_cooldown()
        t.type('r')
        t.asked(SENT + SMS)
        second = inbox.code()
    t.type(first)
    t.asked(left(NOT_RIGHT, 2) + SMS)
    t.type(second)
    assert t.ended() == ('alice\n', 0)


def test_r_in_the_cooldown_sends_nothing_and_keeps_the_code(host, spool):
    inbox = Inbox(host, spool, 'sms_cooldown = 1h')
    host.stack('su')
    host.enrol('alice', '--phone', NUMBER)
    host.admin('default', 'alice', 'sms')
    t, code = ask_for_text(host, inbox)
    t.type('r')
    text, _ = t.sees(re.escape(SMS))
    assert text.startswith(LIMIT) and inbox.empty()
    t.type(code)
    assert t.ended() == ('alice\n', 0)


def test_code_that_is_too_old_is_refused(host, spool):
    """sms_valid is shortened; that it is CLOCK_BOOTTIME and 5 minutes is for
    tests/unit/test_login_sms.c, where the clock is passed in."""
    inbox = Inbox(host, spool, 'sms_valid = 3s', 'sms_timeout = 2')
    host.stack('su')
    host.enrol('alice', '--phone', NUMBER)
    host.admin('default', 'alice', 'sms')
    t = su(host)
    t.asked(ASK)
    t.type('')
    t.asked(f'SMS code sent to {SHOWN}, valid for 3 seconds.\n' + SMS)
    code = inbox.code()
    time.sleep(3.1)
    t.type(code)
    text, _ = t.sees(r'another method\): ')
    assert text.startswith('That SMS code has expired.\n'), text
    assert inbox.empty()


def test_sending_gives_no_tries_back(host, inbox, alice):
    t, code = ask_for_text(host, inbox)
    wrong = '000000' if code != '000000' else '111111'
    for tries in (2, 1):
        t.type(wrong)
        t.asked(left(NOT_RIGHT, tries) + SMS)
    after_cooldown()
    t.type('r')
    t.asked(SENT + SMS)
    assert all_new(inbox) == 1
    t.type(wrong)
    text, status = t.ended()
    assert status == 1 and NOT_RIGHT in text
    assert host.status('alice')['sms']['failures'] == 3


# How many.


def said(talks):
    return sum(text.startswith('SMS code sent to ')
               for talk in talks for text in talk.texts)


def test_fifty_at_once_send_what_one_user_may(host, spool):
    inbox = Inbox(host, spool, 'sms_per_hour = 3', 'sms_per_day = 3')
    host.stack('test', password_line=False, account=False)
    host.enrol('alice', '--phone', NUMBER)
    host.admin('default', 'alice', 'sms')
    total = 0
    for _ in range(3):
        talks = host.drive_many([('alice', ['', 'r', 'r'], TOGETHER)],
                                '--barrier=all')
        count = all_new(inbox)
        assert count == said(talks)
        total += count
        after_cooldown()
    assert total == 3
    talk = host.drive('alice', '')
    assert all_new(inbox) == 0 and talk.texts[-1].startswith(LIMIT)


def test_one_second_of_many_is_one_text(host, spool):
    inbox = Inbox(host, spool, 'sms_cooldown = 1h')
    host.stack('test', password_line=False, account=False)
    host.enrol('alice', '--phone', NUMBER)
    host.admin('default', 'alice', 'sms')
    talks = host.drive_many([('alice', [''], TOGETHER)], '--barrier=all')
    assert all_new(inbox) == said(talks) == 1


def test_many_users_at_once_send_what_the_host_may(host, spool):
    inbox = Inbox(host, spool, 'sms_host_per_hour = 20')
    host.stack('test', password_line=False, account=False)
    for n, user in enumerate(CROWD):
        host.enrol(user, '--phone', f'+316123456{n:02}')
        host.admin('default', user, 'sms')
    talks = host.drive_many([(user, ['']) for user in CROWD],
                            '--barrier=all')
    count = all_new(inbox)
    assert count == said(talks) == 20
    limited = [talk for talk in talks if any(
        text.startswith(LIMIT) for text in talk.texts)]
    assert len(limited) == len(CROWD) - 20
    # Also for who has not sent one yet: the host is at its end.
    user = CROWD[talks.index(limited[0])]
    host.drive(user, '', 'r')
    assert all_new(inbox) == 0


# When none is sent.


def test_commit_that_fails_sends_nothing(host, inbox, alice):
    """Nor is it tried: where root may lift limits, the sender has none.
    The host's count is there, so that it is the record that fails."""
    host.stack('test', password_line=False, account=False)
    host.enrol('bob', '--phone', '+31687654321')
    host.admin('default', 'bob', 'sms')
    assert host.drive('bob', '', '0').texts[1].startswith('SMS code sent')
    assert all_new(inbox) == 1
    host.log.clear()
    talk = host.drive('alice', '', options=('--fsize', '0'))
    assert talk.result == 'PAM_AUTHINFO_UNAVAIL', talk
    assert inbox.empty() and said([talk]) == 0
    assert not [line for line in host.log.module()
                if line.startswith('sent ')]
    assert host.drive('alice', '').texts[1].startswith('SMS code sent')
    assert all_new(inbox) == 1


def test_host_count_that_cannot_be_made_sends_nothing(host, inbox, alice):
    host.stack('test', password_line=False, account=False)
    talk = host.drive('alice', '', '0', options=('--fsize', '0'))
    assert talk.result == 'PAM_AUTH_ERR', talk
    assert talk.prompts[1].startswith('The SMS could not be sent.')
    assert inbox.empty() and said([talk]) == 0
    assert not [line for line in host.log.module()
                if line.startswith('sent ')]
    assert host.drive('alice', '').texts[1].startswith('SMS code sent')
    assert all_new(inbox) == 1


def test_caller_of_su_that_may_write_nothing_sends_nothing(
        host, inbox, alice):
    t = host.terminal(host.as_user(
        'bob', 'prlimit', '--fsize=0', 'su', 'alice', '-c', 'id -un'))
    t.asked(PASSWORD)
    t.type(password('alice'))
    t.asked(ASK)
    t.type('')
    t.asked('The SMS could not be sent.\n' + ASK)
    t.type('0')
    _, status = t.ended()
    assert status != 0 and inbox.empty()
    t, code = ask_for_text(host, inbox)
    t.type(code)
    assert t.ended() == ('alice\n', 0)


def test_wrong_password_sends_nothing(host, inbox, alice):
    sshd = host.sshd()
    t = host.ssh(sshd, 'alice', COMMAND)
    t.asked(PASSWORD)
    t.type('not-' + password('alice'))
    _, status = t.ended()
    assert status == 255
    t = host.terminal(host.as_user('bob', 'su', 'alice'))
    t.asked(PASSWORD)
    t.type('not-' + password('alice'))
    t.ended()
    assert inbox.empty()


@pytest.mark.parametrize('default', ['sms', 'app'])
def test_password_method_of_ssh_sends_nothing(host, inbox, alice, default):
    """sshd answers what is asked in secret with the password, by itself."""
    host.admin('default', 'alice', default)
    sshd = host.sshd(PasswordAuthentication='yes')
    t = host.ssh(sshd, 'alice', COMMAND,
                 PreferredAuthentications='password')
    t.sees("password: ")
    t.type(password('alice'))
    text, status = t.ended()
    assert status == 255 and 'IN:42' not in text
    assert inbox.empty()
    assert not [line for line in host.log.module() if 'sent' in line]


@pytest.mark.parametrize('program', ['su', 'sudo', 'login'])
def test_ctrl_d_sends_nothing(host, inbox, alice, program):
    """In ssh it is an empty answer, which the prompt says sends one."""
    host.stack('sudo')
    host.stack('login')
    t = {'su': lambda: host.terminal(host.as_user('bob', 'su', 'alice')),
         'sudo': lambda: host.sudo('alice', 'true'),
         'login': lambda: host.terminal(['login', 'alice'])}[program]()
    t.sees('(?i)password.*: ')
    t.type(password('alice'))
    t.asked(ASK)
    t.press(EOF)
    if program == 'login':
        t.sees('(?i)login (incorrect|failure)|login: ')
        t.close()
    else:
        assert t.ended()[1] == 1
    assert inbox.empty()


def test_line_that_drops_sends_nothing(host, inbox, alice):
    sshd = host.sshd()
    t = host.ssh(sshd, 'alice', COMMAND)
    t.asked(PASSWORD)
    t.type(password('alice'))
    t.asked(ASK)
    t.kill()
    sshd.wait_idle()
    assert inbox.empty()


@pytest.mark.parametrize('user', ['bob', 'mallory'])
def test_who_has_no_number_sends_nothing(host, inbox, user):
    host.stack('test', 'not_enrolled=refuse', password_line=False,
               account=False)
    talk = host.drive(user, '', '1', 'r', 'm', '')
    assert not talk.let_in and 'SMS' not in ''.join(talk.texts)
    assert inbox.empty()


def test_nobody_waits_on_another_users_sender(host, inbox, alice):
    """No lock is held while a text is sent: bob is let in meanwhile."""
    bob = host.enrol('bob')
    gate = host.work / 'gate'
    gate.unlink(missing_ok=True)
    path = host.work / 'waiting'
    path.write_text(f'#!/bin/sh\nuntil [ -e {gate} ]; do sleep 0.1; done\n')
    path.chmod(0o755)
    host.config(f'sms_command = {path}\ncountry_code = 31\n'
                'sms_timeout = 30\n')
    host.stack('test', password_line=False, account=False)
    t = su(host)
    t.asked(ASK)
    t.type('')
    assert host.drive('bob', bob.code()).let_in
    # alice herself is let in by another method, too.
    assert host.drive('alice', alice.code()).let_in
    gate.touch()
    t.asked(SENT + SMS)
    os.unlink(gate)
