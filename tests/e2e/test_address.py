# SPDX-License-Identifier: BSD-3-Clause
"""`xsuite address` in a terminal: an ordinary user, the set-user-id program,
the shipped stacks, and a notify_command that keeps what it reads."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

import pytest

from host import password
from inbox import not_in_state
from mailroom import Mailroom
from words import APP, LIMIT_TOO_LOW, NOT_RIGHT, PASSWORD, left

ALICE = 'alice@example.org'
SHOWN = 'a******@example.org'
OTHER = 'a.smith@example.net'
WHAT = ('Security notices tell you what was changed or tried on your account. '
        'They\nnever hold a code for logging in.\n')
ASK = 'Address for notices, as name@example.org (0 = back): '
ASK_ANOTHER = ('New address, as name@example.org (- = remove the old one, '
               '0 = back): ')
CONFIRM = 'Code of the message (r = send again, 0 = back): '
SET = 'Notices go to that address from now on.\n'
REMOVED = 'No more notices go to that address.\n'


def sent(address):
    return (f'A code is on its way to {address}.\n'
            'It is valid for 30 minutes.\n')


def choice(*addresses):
    lines = [f'  {n}  {address}\n' for n, address in enumerate(
        [*addresses, 'a second address as well'][:2], 1)]
    return WHAT + 'Notices go to:\n' + ''.join(
        lines) + '  0  Back\nChoose 0-2: '


@pytest.fixture
def mailroom(host):
    host.settings_stacks()
    path = host.work / 'mailroom'
    yield Mailroom(host, path)
    shutil.rmtree(path)


@pytest.fixture
def alice(host, mailroom):
    alice = host.enrol('alice')
    mailroom.seen = len(mailroom.notices())
    return alice


def begin(host, alice, *words, ahead=0, limit=None):
    t = (host.xsuite_limited('alice', *words, limit) if limit
         else host.xsuite('alice', *words))
    t.asked(PASSWORD)
    t.type(password('alice'))
    t.asked(APP)
    t.type(alice.code(ahead))
    return t


def addresses(host):
    return host.status('alice')['addresses']


def code_of(host, notice):
    host.secrets.append(notice.code)
    return notice.code


def set_first(host, mailroom, alice):
    t = begin(host, alice, 'address')
    t.asked(WHAT + ASK)
    t.type(ALICE)
    t.asked(sent(ALICE) + CONFIRM)
    t.type(code_of(host, mailroom.new(('address-confirm', ALICE))[0]))
    assert t.ended() == (SET, 0)
    mailroom.new(('address-changing', ''), ('address-set', ALICE))
    assert addresses(host) == [SHOWN]
    time.sleep(1.1)  # sms_cooldown


def kill(t):
    os.kill(t.pid, signal.SIGKILL)
    t.ended()


def ancestors(pid):
    """A process and those it descends from, but the first of all."""
    pids = []
    while pid > 1:
        pids.append(pid)
        stat = pathlib.Path('/proc', str(pid), 'stat').read_text()
        pid = int(stat.rpartition(')')[2].split()[1])
    return pids


def test_address_is_set_by_the_code_that_went_there(host, mailroom, alice):
    t = begin(host, alice)
    text, _ = t.sees('Choose 0-7: ')
    assert '\n  3  Notices             your mailbox on this host\n' in text
    assert '\n  7  Explanation\n  0  Done\n' in text
    t.type('3')
    t.asked(WHAT + ASK)
    t.type('root; rm')
    t.asked('That is not a mail address: type one, as name@example.org.\n'
            + ASK)
    t.type(ALICE)
    t.asked(sent(ALICE) + CONFIRM)
    notice, = mailroom.new(('address-confirm', ALICE))
    code = code_of(host, notice)
    assert notice['user'] == 'alice' and notice['language'] == 'en'
    # It is in no argument and no environment, and not at rest.
    assert code not in notice['process']
    assert all(each.startswith(('PATH=', 'PWD=', 'SHLVL=', '_=', 'OLDPWD='))
               for each in notice.lines['environment'])
    not_in_state(code, ALICE)
    t.type('000000' if code != '000000' else '111111')
    t.asked(left(NOT_RIGHT, 2) + CONFIRM)
    assert addresses(host) == []
    t.type(code)
    text, _ = t.sees('Choose 0-7: ')
    assert text.startswith(SET)
    assert f'\n  3  Notices             {ALICE}\n' in text
    t.type('0')
    t.ended()
    # Notices went to the account's mailbox: it hears that they do not now.
    changing, _ = mailroom.new(('address-changing', ''),
                               ('address-set', ALICE))
    assert 'is being changed' in changing['subject']
    assert not re.search(r'\d{6}', ''.join(changing.lines['text'])
                         .replace(changing['time'][:10], ''))
    assert addresses(host) == [SHOWN]
    assert f'  Notices            {SHOWN}\n' in host.admin(
        'status', 'alice').stdout
    not_in_state(ALICE)
    host.log.wait('^sent user=alice setting=address')
    host.log.wait('^noticed user=alice reason=address-changing')
    host.log.wait('^changed user=alice setting=address')


def test_second_address_and_its_removal(host, mailroom, alice):
    set_first(host, mailroom, alice)
    t = begin(host, alice, ahead=1)
    t.sees('Choose 0-7: ')
    t.type('3')
    t.asked(choice(ALICE))
    t.type('2')
    t.asked(ASK)
    t.type(OTHER)
    t.asked(sent(OTHER) + CONFIRM)
    t.type(code_of(host, mailroom.new(('address-confirm', OTHER))[0]))
    t.sees('Choose 0-7: ')
    mailroom.new(('address-set', ALICE), ('address-set', OTHER))
    t.type('3')
    t.asked(choice(ALICE, OTHER))
    t.type('1')
    t.asked(ASK_ANOTHER)
    t.type('-')
    text, _ = t.sees('Choose 0-7: ')
    assert text.startswith(REMOVED)
    mailroom.new(('address-changing', ALICE), ('address-removed', OTHER))
    t.type('0')
    t.ended()
    assert addresses(host) == ['a******@example.net']


def test_old_address_is_told_though_killed_before_the_commit(
        host, mailroom, alice):
    set_first(host, mailroom, alice)
    mailroom.hold('address-changing')
    t = begin(host, alice, 'address', ahead=1)
    t.asked(choice(ALICE))
    t.type('1')
    t.asked(ASK_ANOTHER)
    t.type('-')
    mailroom.new(('address-changing', ALICE))
    kill(t)
    mailroom.release('address-changing')
    assert addresses(host) == [SHOWN], 'nothing was changed untold'


@pytest.mark.parametrize('limit', ['nofile=6:', 'fsize=0:', 'cpu=30:',
                                   'as=1000000000000:', 'nofile=6'])
def test_old_address_is_told_under_any_limit(host, mailroom, alice, limit):
    """Six descriptors are enough for all but the pipe to who tells."""
    set_first(host, mailroom, alice)
    if not limit.endswith(':') and not host.can_raise_limits():
        t = host.xsuite_limited('alice', 'address', limit)
        assert t.ended() == (LIMIT_TOO_LOW, 71)
        assert addresses(host) == [SHOWN]
        return
    t = begin(host, alice, 'address', ahead=1, limit=limit)
    t.asked(choice(ALICE))
    t.type('1')
    t.asked(ASK_ANOTHER)
    t.type('-')
    assert t.ended() == (REMOVED, 0)
    mailroom.new(('address-changing', ALICE), ('address-removed', ''))
    assert addresses(host) == []


def test_old_address_is_told_though_killed_after_the_commit(
        host, mailroom, alice):
    set_first(host, mailroom, alice)
    mailroom.hold('address-set')
    t = begin(host, alice, 'address', ahead=1)
    t.asked(choice(ALICE))
    t.type('1')
    t.asked(ASK_ANOTHER)
    t.type(OTHER)
    t.asked(sent(OTHER) + CONFIRM)
    t.type(code_of(host, mailroom.new(('address-confirm', OTHER))[0]))
    mailroom.new(('address-changing', ALICE), ('address-set', OTHER))
    kill(t)
    mailroom.release('address-set')
    assert addresses(host) == ['a******@example.net']


def test_user_cannot_stop_who_tells(host, mailroom, alice):
    """The program runs on, as another user, when xsuite is gone."""
    set_first(host, mailroom, alice)
    mailroom.hold('address-changing')
    t = begin(host, alice, 'address', ahead=1)
    t.asked(choice(ALICE))
    t.type('1')
    t.asked(ASK_ANOTHER)
    t.type('-')
    notice, = mailroom.new(('address-changing', ALICE))
    own = ancestors(os.getpid())
    for pid in [*(p for p in ancestors(notice.pid) if p not in own), t.pid]:
        subprocess.run(host.as_user('alice', 'kill', '-KILL', str(pid)),
                       capture_output=True, check=False)
    t.ended()
    assert pathlib.Path('/proc', str(notice.pid)).exists()
    mailroom.release('address-changing')
    assert addresses(host) == [SHOWN]


def test_program_that_fails_sets_no_address(host, mailroom, alice):
    mailroom.exits(75)
    t = begin(host, alice, 'address')
    t.asked(WHAT + ASK)
    t.type(ALICE)
    assert t.ended() == (
        'The message could not be sent.\nNothing has changed.\n', 0)
    assert addresses(host) == []
    host.log.wait('^not-sent user=alice setting=address reason=sender')


def test_codes_to_one_mailbox_are_limited(host, mailroom, alice):
    t = begin(host, alice, 'address')
    t.asked(WHAT + ASK)
    t.type(ALICE)
    t.sees(re.escape(CONFIRM))
    for _ in range(3):
        time.sleep(1.1)
        t.type('r')
        t.asked(sent(ALICE) + CONFIRM)
    time.sleep(1.1)
    t.type('r')
    t.asked(sent(ALICE) + CONFIRM)
    t.type('r')
    text, _ = t.sees(re.escape(CONFIRM))
    assert re.match(r'No more codes until \d\d:\d\d UTC\.\n', text)
    t.type('0')
    assert t.ended() == ('Nothing has changed.\n', 0)
    assert len(mailroom.notices()) - mailroom.seen == 5
    assert addresses(host) == []


def test_without_notices_there_is_nothing_to_set(host):
    host.settings_stacks()
    alice = host.enrol('alice')
    t = begin(host, alice, 'address')
    assert t.ended() == ('Security notices are not sent here.\n', 0)
