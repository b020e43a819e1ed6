# SPDX-License-Identifier: BSD-3-Clause
"""`xsuite phone` in a terminal: an ordinary user, the set-user-id program,
the shipped stacks, and the sender that leaves each SMS as a file."""

import os
import re
import signal
import socket
import time

import pytest

from host import password
from inbox import ASK, MENU, NUMBER, SENT, SHOWN, SMS, Inbox, not_in_state
from sms_gateways import Spool
from words import APP, LIMIT_TOO_LOW, NOT_RIGHT, PASSWORD, left

OTHER = '+31687654321'
OTHER_SHOWN = '+31 ******21'
WEAK = ('SMS codes are the weakest method: texts can be read or diverted on '
        'their\nway. The authenticator app stays offered beside them.\n')
ASK_NUMBER = 'Mobile number, as +31612345678 (0 = back): '
ASK_ANOTHER = ('New mobile number, as +31612345678 (- = remove the old one, '
               '0 = back): ')
CONFIRM = 'Code of the SMS (r = send again, 0 = back): '
LINKED = 'The mobile number is linked.\n'
NOTHING = 'Nothing has changed.\n'
HOST = socket.gethostname()


@pytest.fixture(scope='module')
def spool(machine):
    with Spool(machine.work / 'spool-settings') as gateway:
        yield gateway


@pytest.fixture
def inbox(host, spool):
    host.settings_stacks()
    return Inbox(host, spool)


def begin(host, alice, word, ahead=0, limit=None):
    """Settings are asked for with the app, whose codes work once each."""
    t = (host.xsuite_limited('alice', word, limit) if limit
         else host.xsuite('alice', word))
    t.asked(PASSWORD)
    t.type(password('alice'))
    t.asked(APP)
    t.type(alice.code(ahead))
    return t


def after_cooldown(inbox):
    """sms_cooldown is a second; a number's changes are not under test."""
    assert inbox.gateway.messages()
    time.sleep(1.1)


def link(host, inbox, alice, typed='06 12345678'):
    t = begin(host, alice, 'phone')
    t.asked(WEAK + ASK_NUMBER)
    t.type(typed)
    t.asked(SENT + CONFIRM)
    assert host.status('alice')['phone'] is None, 'linked unconfirmed'
    t.type(inbox.code())
    assert t.ended() == (LINKED, 0)


def test_number_is_linked_by_its_code(host, inbox):
    alice = host.enrol('alice')
    t = begin(host, alice, 'phone')
    t.asked(WEAK + ASK_NUMBER)
    t.type('+1;rm')
    t.asked('That is not a telephone number: type + and digits, as '
            '+31612345678.\n' + ASK_NUMBER)
    t.type('+49 1512 3456789')
    t.asked('Texts to that number are not allowed here.\n' + ASK_NUMBER)
    assert inbox.empty()
    t.type('06-1234 5678')
    t.asked(SENT + CONFIRM)
    text = inbox.new()
    code = text[:6]
    assert text == (f'{code} confirms this number for logging in to {HOST}. '
                    'Valid for 5 minutes. Never share it.')
    not_in_state(code, NUMBER[1:], NUMBER[3:])
    t.type('000000' if code != '000000' else '111111')
    t.asked(left(NOT_RIGHT, 2) + CONFIRM)
    assert host.status('alice')['phone'] is None
    t.type(code)
    assert t.ended() == (LINKED, 0)
    assert host.status('alice')['phone'] == SHOWN
    assert host.status('alice')['sms']['by'] == 'alice'
    assert inbox.empty(), 'there was no old number to tell'
    not_in_state(NUMBER[1:], NUMBER[3:])
    host.log.wait('^sent .*user=alice')


def test_linked_number_lets_in(host, inbox):
    """The whole of it: linked, made the default, and logged in by."""
    alice = host.enrol('alice')
    link(host, inbox, alice)
    t = begin(host, alice, 'default', 1)
    t.asked('What a login asks for first:\n'
            '  1  Authenticator app code\n'
            f'  2  SMS code to {SHOWN}\n'
            '  0  Back\n'
            'Choose 0-2: ')
    t.type('2')
    assert t.ended() == ('The default method is changed.\n', 0)
    after_cooldown(inbox)
    host.stack('su')
    t = host.terminal(host.as_user('bob', 'su', 'alice', '-c', 'id -un'))
    t.asked(PASSWORD)
    t.type(password('alice'))
    t.asked(ASK)
    assert inbox.empty()
    t.type('')
    t.asked(SENT + SMS)
    t.type(inbox.code())
    assert t.ended() == ('alice\n', 0)


def test_replaced_number_hears_of_it(host, inbox):
    alice = host.enrol('alice', '--phone', NUMBER)
    t = begin(host, alice, 'phone')
    t.asked(WEAK + ASK_ANOTHER)
    t.type(OTHER)
    t.asked(SENT.replace(SHOWN, OTHER_SHOWN) + CONFIRM)
    code = inbox.code(OTHER)
    assert host.status('alice')['phone'] == SHOWN
    t.type(code)
    assert t.ended() == (LINKED, 0)
    assert host.status('alice')['phone'] == OTHER_SHOWN
    assert inbox.new(NUMBER) == (
        f'Codes for logging in to {HOST} now go to another number. '
        'Not by you? Tell your administrator.')
    assert inbox.empty()


@pytest.mark.parametrize('wrong', [0, 3])
def test_number_that_is_not_confirmed_is_not_linked(host, inbox, wrong):
    alice = host.enrol('alice', '--phone', NUMBER)
    t = begin(host, alice, 'phone')
    t.asked(WEAK + ASK_ANOTHER)
    t.type(OTHER)
    t.sees(re.escape(CONFIRM))
    code = inbox.code(OTHER)
    for tries in range(2, 2 - wrong, -1):
        t.type('000000' if code != '000000' else '111111')
        if tries:
            t.asked(left(NOT_RIGHT, tries) + CONFIRM)
    if not wrong:
        t.type('0')
    text, status = t.ended()
    assert text.endswith(NOTHING) and LINKED not in text
    assert status == 0 and host.status('alice')['phone'] == SHOWN
    assert inbox.empty(), 'the old number stays, and hears nothing'


def test_code_sent_before_r_is_void(host, inbox):
    alice = host.enrol('alice')
    t = begin(host, alice, 'phone')
    t.asked(WEAK + ASK_NUMBER)
    t.type(NUMBER)
    t.asked(SENT + CONFIRM)
    first = second = inbox.code()
    while second == first:  # once in a million
        after_cooldown(inbox)
        t.type('r')
        t.asked(SENT + CONFIRM)
        second = inbox.code()
    t.type(first)
    t.asked(left(NOT_RIGHT, 2) + CONFIRM)
    t.type(second)
    assert t.ended() == (LINKED, 0)


def test_number_is_removed_and_default_with_it(host, inbox):
    alice = host.enrol('alice', '--phone', NUMBER)
    host.admin('default', 'alice', 'sms')
    t = host.xsuite('alice', 'phone')
    t.asked(PASSWORD)
    t.type(password('alice'))
    t.asked(ASK)
    t.type(alice.code())
    t.asked(WEAK + ASK_ANOTHER)
    t.type('-')
    assert t.ended() == ('The mobile number is removed.\n', 0)
    status = host.status('alice')
    assert status['phone'] is None and status['default'] == 'app'


def test_settings_by_sms(host, inbox):
    """Who has lost the app's phone opens the settings by SMS, too."""
    host.enrol('alice', '--phone', NUMBER)
    t = host.xsuite('alice', 'status')
    t.asked(PASSWORD)
    t.type(password('alice'))
    t.asked(APP)
    t.type('')
    t.asked(MENU)
    t.type('1')
    t.asked(SENT + SMS)
    t.type(inbox.code())
    text, status = t.ended()
    assert status == 0 and SHOWN in text and NUMBER[3:] not in text


def test_third_change_of_a_day_waits(host, inbox):
    alice = host.enrol('alice')
    link(host, inbox, alice)
    host.admin('phone', 'alice', '--remove')
    after_cooldown(inbox)
    t = begin(host, alice, 'phone', 1)
    t.asked(WEAK + ASK_NUMBER)
    t.type(OTHER)
    t.sees(re.escape(CONFIRM))
    t.type(inbox.code(OTHER))
    assert t.ended() == (LINKED, 0)
    # The next code of the app is far; the backup code opens the settings.
    t = host.xsuite('alice', 'phone')
    t.asked(PASSWORD)
    t.type(password('alice'))
    t.asked(APP)
    t.type(alice.backup)
    text, _ = t.sees('saved it: ')
    t.type(re.search(r'^    ([0-9 ]+)$', text, re.M).group(1))
    t.asked(WEAK + ASK_ANOTHER)
    t.type(NUMBER)
    text, status = t.ended()
    assert status == 0 and inbox.empty()
    assert text.startswith('The number cannot be changed again before ')
    assert host.status('alice')['phone'] == OTHER_SHOWN


def test_sender_that_fails_links_nothing(host, inbox):
    alice = host.enrol('alice')
    (inbox.gateway.path / 'spool').chmod(0o755)
    try:
        t = begin(host, alice, 'phone')
        t.asked(WEAK + ASK_NUMBER)
        t.type(NUMBER)
        assert t.ended() == ('The SMS could not be sent.\n' + NOTHING, 0)
    finally:
        (inbox.gateway.path / 'spool').chmod(0o700)
    assert host.status('alice')['phone'] is None and inbox.empty()
    host.log.wait('^not-sent .*reason=sender')


def test_number_is_linked_in_dutch(host, spool):
    inbox = Inbox(host, spool, 'language = nl')
    host.settings_stacks()
    alice = host.enrol('alice', '--phone', OTHER)
    t = host.xsuite('alice', 'phone')
    t.asked(PASSWORD)
    t.type(password('alice'))
    t.sees(r'inlogmethode\): ')
    t.type(alice.code())
    t.asked('SMS-codes zijn de zwakste methode: een SMS kan onderweg worden '
            'gelezen of\nomgeleid. De authenticatie-app blijft ernaast '
            'aangeboden.\n'
            'Nieuw mobiel nummer, zoals +31612345678 (- = oude verwijderen, '
            '0 = terug): ')
    t.type('0612345678')
    t.asked(f'SMS-code verstuurd naar {SHOWN}, 5 minuten geldig.\n'
            'Code van de SMS (r = opnieuw versturen, 0 = terug): ')
    text = inbox.gateway.wait(inbox.seen + 1)[inbox.seen].text
    code = text[:6]
    assert text == (f'{code} bevestigt dit nummer voor inloggen op {HOST}. '
                    'Geldig: 5 minuten. Deel deze code nooit.')
    t.type(code)
    assert t.ended() == ('Het mobiele nummer is gekoppeld.\n', 0)
    assert inbox.gateway.messages()[-1] == (
        OTHER, f'Codes voor inloggen op {HOST} gaan nu naar een ander nummer. '
        'Niet door u? Meld het uw beheerder.')


def test_old_number_hears_of_it_whoever_is_killed(host, inbox):
    """While its text is on the way, the change is still to be made."""
    alice = host.enrol('alice', '--phone', NUMBER)
    released = inbox.gateway.path / 'released'
    slow = inbox.gateway.path / 'slow'
    slow.write_text(f'#!/bin/sh\n{inbox.gateway.path}/sender "$@"\n'
                    f'until [ -e {released} ]; do sleep 0.1; done\n')
    slow.chmod(0o755)
    host.config(f'sms_command = {slow}\ncountry_code = 31\n'
                'sms_timeout = 30\nsms_cooldown = 1\n')
    t = begin(host, alice, 'phone')
    t.asked(WEAK + ASK_ANOTHER)
    t.type('-')
    try:
        inbox.new(NUMBER)
        os.kill(t.pid, signal.SIGKILL)
        t.ended()
        assert host.status('alice')['phone'] == SHOWN
    finally:
        released.touch()
    after_cooldown(inbox)
    t = begin(host, alice, 'phone', 1)
    t.asked(WEAK + ASK_ANOTHER)
    t.type('-')
    assert t.ended() == ('The mobile number is removed.\n', 0)
    inbox.new(NUMBER)
    released.unlink()


@pytest.mark.parametrize('limit', ['nofile=6:', 'fsize=0:', 'nofile=6'])
def test_old_number_hears_of_it_under_any_limit(host, inbox, limit):
    """Six descriptors are enough for all but the pipe to the sender."""
    alice = host.enrol('alice', '--phone', NUMBER)
    if not limit.endswith(':') and not host.can_raise_limits():
        t = host.xsuite_limited('alice', 'phone', limit)
        assert t.ended() == (LIMIT_TOO_LOW, 71)
        assert host.status('alice')['phone'] == SHOWN
        return
    t = begin(host, alice, 'phone', limit=limit)
    t.asked(WEAK + ASK_ANOTHER)
    t.type('-')
    assert t.ended() == ('The mobile number is removed.\n', 0)
    inbox.new(NUMBER)
    assert host.status('alice')['phone'] is None
