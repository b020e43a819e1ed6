# SPDX-License-Identifier: BSD-3-Clause
"""Logging in by SMS: the real programs on one side, real SMS daemons on the
other, and what went out of them read back."""

import socket

import pytest

from host import password
from inbox import ASK, MENU, NUMBER, SENT, SHOWN, SMS, Inbox, not_in_state
from sms_gateways import Gammu, Kannel, Smstools
from words import APP, NOT_RIGHT, PASSWORD, left

COMMAND = 'echo IN:$((40+2)) ${XSUITE_METHOD:-none}'
WHOAMI = ('sh', '-c', 'echo $(id -un):$((40+2))')
HOST = socket.gethostname()


def gateway_of(kind, machine):
    return kind(machine.work / kind.__name__.lower())


@pytest.fixture(scope='module')
def gammu(machine):
    with gateway_of(Gammu, machine) as gateway:
        yield gateway


@pytest.fixture(scope='module')
def smstools(machine):
    with gateway_of(Smstools, machine) as gateway:
        yield gateway


@pytest.fixture(scope='module')
def kannel(machine):
    with gateway_of(Kannel, machine) as gateway:
        yield gateway


@pytest.fixture(params=['gammu', 'smstools', 'kannel'])
def inbox(host, request):
    return Inbox(host, request.getfixturevalue(request.param))


@pytest.fixture
def gammu_inbox(host, gammu):
    return Inbox(host, gammu)


def enrol(host):
    return host.enrol('alice', '--phone', NUMBER)


def begin(host, sshd):
    t = host.ssh(sshd, 'alice', COMMAND)
    t.asked(PASSWORD)
    t.type(password('alice'))
    return t


def let_in(t):
    assert t.ended() == ('IN:42 sms\n', 0)


def test_ssh_login_from_the_menu(host, inbox):
    host.stack('sshd')
    enrol(host)
    t = begin(host, host.sshd())
    t.asked(APP)
    t.type('')
    t.asked(MENU)
    t.type('1')
    t.asked(SENT + SMS)
    text = inbox.new()
    code = text[:6]
    assert text == (f'{code} is your login code for {HOST}. '
                    'Valid for 5 minutes. Never share it.')
    not_in_state(code, NUMBER[1:], NUMBER[3:])
    t.type(code)
    let_in(t)
    host.log.wait('^sent .*user=alice .*method=sms')
    host.log.wait('^accepted .*user=alice .*method=sms')


def test_ssh_login_with_sms_as_default(host, inbox):
    host.stack('sshd')
    enrol(host)
    host.admin('default', 'alice', 'sms')
    t = begin(host, host.sshd())
    t.asked(ASK)
    assert not [line for line in host.log.module()
                if line.startswith('sent')], 'sent before it was asked for'
    t.type('')
    t.asked(SENT + SMS)
    code = inbox.code()
    t.type('000000' if code != '000000' else '111111')
    t.asked(left(NOT_RIGHT, 2) + SMS)
    t.type(f'{code[:3]} {code[3:]}')
    let_in(t)


def test_ssh_login_in_dutch(host, gammu):
    inbox = Inbox(host, gammu, 'language = nl')
    host.stack('sshd')
    enrol(host)
    t = begin(host, host.sshd())
    t.sees(r'inlogmethode\): ')
    t.type('')
    t.asked('Andere inlogmethode gebruiken:\n'
            f'  1  SMS-code naar {SHOWN}\n'
            '  2  Back-upcode\n'
            '  0  Terug naar inlogpagina\n'
            'Kies 0-2: ')
    t.type('1')
    t.asked(f'SMS-code verstuurd naar {SHOWN}, 5 minuten geldig.\n'
            'SMS-code (r = opnieuw versturen, Enter voor een andere '
            'inlogmethode): ')
    text = inbox.new()
    assert text == (f'{text[:6]} is uw inlogcode voor {HOST}. '
                    'Geldig: 5 minuten. Deel deze code nooit.')
    t.type(text[:6])
    let_in(t)


def choose_sms(t):
    t.asked(APP)
    t.type('')
    t.asked(MENU)
    t.type('1')
    t.asked(SENT + SMS)


def test_sudo_by_sms(host, gammu_inbox):
    host.stack('sudo')
    enrol(host)
    t = host.sudo('alice', *WHOAMI)
    t.asked('[sudo] password for alice: ')
    t.type(password('alice'))
    choose_sms(t)
    t.type(gammu_inbox.code())
    assert t.ended() == ('root:42\n', 0)


def test_su_by_sms(host, gammu_inbox):
    """The caller is another user, and is no party to the sending: it is
    sms_user who hands it over."""
    host.stack('su')
    enrol(host)
    t = host.terminal(host.as_user('bob', 'su', 'alice', '-c',
                                   'echo $(id -un):$((40+2))'))
    t.asked(PASSWORD)
    t.type(password('alice'))
    choose_sms(t)
    t.type(gammu_inbox.code())
    assert t.ended() == ('alice:42\n', 0)


def test_login_by_sms(host, gammu_inbox):
    host.stack('login')
    enrol(host)
    t = host.terminal(['login', 'alice'])
    t.asked(PASSWORD)
    t.type(password('alice'))
    choose_sms(t)
    t.type(gammu_inbox.code())
    t.sees(r'\$ ')
    t.type('echo $(id -un):$((40+2))')
    t.sees('alice:42')
    t.type('exit')
    t.ended()
