# SPDX-License-Identifier: BSD-3-Clause
"""Addresses that are remembered: by the real ssh from several of them, and
what ends it."""

import contextlib
import os
import pathlib
import re
import subprocess

import pytest

import namespace
from host import ADMIN, ENVIRONMENT, STATE, digest, password
from phone import BACK, Phone
from terminal import shown_code
from words import APP, PASSWORD

HOME, OFFICE = '192.0.2.7', '192.0.2.8'
SIX, NEIGHBOUR = '2001:db8::7', '2001:db8::8'
COMMAND = 'echo IN:$((40+2)) ${XSUITE_METHOD:-none}'
MENU = r'Choose 0-6: '


@pytest.fixture
def net(host):
    addresses = [f'{each}/32' for each in (HOME, OFFICE)]
    addresses += [f'{each}/128' for each in (SIX, NEIGHBOUR)]
    with namespace.network(*addresses):
        yield host
        host.end()


@pytest.fixture
def sshd(net):
    net.config('remember = 1d\n')
    net.stack('sshd')
    return net.sshd(ListenAddress='0.0.0.0')


@pytest.fixture
def six(net):
    net.config('remember = 1d\n')
    net.stack('sshd')
    return net.sshd(ListenAddress='::')


@pytest.fixture
def alice(host):
    return host.enrol('alice')


def begin(host, sshd, address, user='alice'):
    """A login from there that has come past the password."""
    options = {'BindAddress': address}
    if ':' in address:
        options['Hostname'] = SIX
    t = host.ssh(sshd, user, COMMAND, **options)
    t.asked(PASSWORD)
    t.type(password(user))
    return t


def comes_in(host, sshd, address, code, user='alice'):
    t = begin(host, sshd, address, user)
    t.asked(APP)
    t.type(code)
    assert t.ended() == ('IN:42 app\n', 0)


def unasked(host, sshd, address, user='alice'):
    assert begin(host, sshd, address, user).ended() == (
        'IN:42 remembered\n', 0)


def asked(host, sshd, address, user='alice'):
    t = begin(host, sshd, address, user)
    t.sees(re.escape(APP))
    t.type('0')
    text, status = t.ended()
    assert status == 255 and 'IN:42' not in text


def test_reconnect_is_not_asked(net, sshd, alice):
    comes_in(net, sshd, HOME, alice.code())
    sshd.wait_idle()
    before = digest(STATE)
    times = os.stat(net.record('alice'))
    unasked(net, sshd, HOME)
    unasked(net, sshd, HOME)
    # Nothing was written, and nothing made longer.
    sshd.wait_idle()
    assert digest(STATE) == before
    after = os.stat(net.record('alice'))
    assert (after.st_mtime_ns, after.st_ctime_ns) == (
        times.st_mtime_ns, times.st_ctime_ns)
    assert net.log.wait('method=remembered') == (
        f'accepted user=alice method=remembered rhost={HOME}')
    assert len([line for line in net.log.module()
                if line.startswith('accepted ')]) == 3


def test_other_address_is_asked(net, sshd, alice):
    comes_in(net, sshd, HOME, alice.code())
    asked(net, sshd, OFFICE)
    comes_in(net, sshd, OFFICE, alice.code(1))
    unasked(net, sshd, OFFICE)
    unasked(net, sshd, HOME)
    assert [place['from'] for place in net.status('alice')['remembered']] \
        == [OFFICE, HOME]


def test_neighbour_in_the_same_network_is_asked(net, six, alice):
    comes_in(net, six, SIX, alice.code())
    unasked(net, six, SIX)
    asked(net, six, NEIGHBOUR)


def test_loopback_is_asked(net, sshd, alice):
    comes_in(net, sshd, '127.0.0.1', alice.code())
    asked(net, sshd, '127.0.0.1')
    asked(net, sshd, '127.0.0.2')
    assert net.status('alice')['remembered'] == []


def test_other_user_is_asked(net, sshd, alice):
    bob = net.enrol('bob')
    comes_in(net, sshd, HOME, alice.code())
    asked(net, sshd, HOME, 'bob')
    comes_in(net, sshd, HOME, bob.code(), 'bob')
    unasked(net, sshd, HOME, 'bob')
    unasked(net, sshd, HOME)


def test_wrong_password_is_still_refused(net, sshd, alice):
    comes_in(net, sshd, HOME, alice.code())
    t = net.ssh(sshd, 'alice', COMMAND, BindAddress=HOME)
    t.asked(PASSWORD)
    t.type('not-her-password')
    text, status = t.ended()
    assert status == 255 and 'IN:42' not in text
    assert not [line for line in net.log.module() if 'remembered' in line]


def test_backup_code_ends_it(net, sshd, alice):
    comes_in(net, sshd, HOME, alice.code())
    t = begin(net, sshd, OFFICE)
    t.asked(APP)
    t.type(alice.backup)
    t.type(shown_code(t.sees('you have saved it: ')[0]))
    assert t.ended() == ('IN:42 backup\n', 0)
    asked(net, sshd, OFFICE)
    asked(net, sshd, HOME)


def test_helpdesk_code_ends_it(net, sshd, alice):
    comes_in(net, sshd, HOME, alice.code())
    text = net.admin('backup-code', 'alice').stdout
    code = re.search(r'\d{4} \d{4}', text)[0]
    net.secrets.append(code)
    asked(net, sshd, HOME)
    t = begin(net, sshd, HOME)
    t.asked(APP)
    t.type(code)
    t.type(shown_code(t.sees('you have saved it: ')[0]))
    assert t.ended() == ('IN:42 backup\n', 0)
    asked(net, sshd, HOME)


def test_new_app_ends_it(net, sshd, alice):
    """xsuite asks for the second step, whatever the address."""
    net.settings_stacks()
    comes_in(net, sshd, HOME, alice.code())
    t = net.xsuite('alice', 'app')
    t.asked(PASSWORD)
    t.type(password('alice'))
    t.asked(APP)
    t.type(alice.code(1))
    new = Phone(net, t.sees(BACK)[0])
    t.type(new.code())
    assert 'is replaced' in t.ended()[0]
    asked(net, sshd, HOME)
    comes_in(net, sshd, HOME, new.code(1))
    unasked(net, sshd, HOME)


def test_unlock_ends_it(net, sshd, alice):
    comes_in(net, sshd, HOME, alice.code())
    unasked(net, sshd, HOME)
    net.admin('unlock', 'alice')
    asked(net, sshd, HOME)


def test_option_that_is_taken_back_asks(net, sshd, alice):
    comes_in(net, sshd, HOME, alice.code())
    net.config('remember = 0\n')
    asked(net, sshd, HOME)


def test_sudo_is_asked(net, sshd, alice):
    """It has no address, from wherever the caller came."""
    net.stack('sudo')
    net.add_to_sudoers('Defaults pam_rhost')
    comes_in(net, sshd, HOME, alice.code())
    unasked(net, sshd, HOME)
    t = net.sudo('alice', 'id', '-un')
    t.asked('[sudo] password for alice: ')
    t.type(password('alice'))
    t.asked(APP)
    t.type(alice.code(1))
    assert t.ended() == ('root\n', 0)
    assert [place['from'] for place in net.status('alice')['remembered']] \
        == [HOME]


# What ends it, by the driver: its address is an option.


@pytest.fixture
def remembered(host, alice):
    """alice, whose code was right from there; by now she is not asked."""
    host.config('remember = 1d\nsms_command = /bin/true\ncountry_code = 31\n'
                'sms_user = xsuite-sms\n')
    host.stack('test', password_line=False, account=False)
    host.admin('phone', 'alice', '+31612345678')
    assert drive(host, alice.code()).let_in
    talk = drive(host)
    assert talk.let_in and talk.method == 'remembered' and not talk.said
    assert [place['from'] for place in host.status('alice')['remembered']] \
        == [HOME]
    return host


def drive(host, *answers, address=HOME):
    return host.drive('alice', *answers, options=('--rhost', address))


def is_asked(host):
    """By what is left, or refused; but not let in."""
    talk = drive(host, '0')
    return not talk.let_in


FORGETS = {
    'enrol': ['enrol', 'alice', '--replace'],
    'backup-code': ['backup-code', 'alice'],
    'unlock': ['unlock', 'alice', 'sms'],
    'disable': ['disable', 'alice', 'sms'],
    'app': ['app', 'alice', '--remove'],
    'phone': ['phone', 'alice', '+31687654321'],
    'default': ['default', 'alice', 'sms'],
    'remove': ['remove', 'alice'],
    'restored': ['restored'],
}
KEEPS = {
    'init': ['init'],
    'status': ['status', 'alice'],
    'list': ['list'],
    'export': ['export', 'alice'],
    'check': ['check'],
    'config': ['config'],
    # The host's, and nothing of anybody's record.
    'rekey': ['rekey'],
    'sms-test': ['sms-test', '+31612345678'],
}
# They need more than one name, record or host: tests of their own below. A
# copy is the same record, and test_fleet_copy holds one against the other.
OTHERS = {'adopt', 'import', 'copy'}


def test_no_command_is_left_out(host):
    text = host.admin('--help').stdout.split('Commands:\n')[1]
    commands = set(re.findall(r'^  ([a-z-]+)', text.split('\n\n')[0], re.M))
    assert commands == set(FORGETS) | set(KEEPS) | OTHERS


@pytest.mark.parametrize('command', FORGETS)
def test_every_command_forgets_places(remembered, command):
    host = remembered
    if command == 'remove':
        host.stack('test', 'not_enrolled=refuse', password_line=False,
                   account=False)
    host.admin(*FORGETS[command])
    assert is_asked(host)
    if command != 'remove':
        assert host.status('alice')['remembered'] == []


def test_phone_that_is_removed_forgets_places(remembered):
    remembered.admin('phone', 'alice', '--remove')
    assert is_asked(remembered)


@pytest.mark.parametrize('command', KEEPS)
def test_who_only_looks_forgets_nothing(remembered, command):
    remembered.admin(*KEEPS[command], check=command != 'check')
    talk = drive(remembered)
    assert talk.let_in and talk.method == 'remembered'


def test_record_that_came_from_elsewhere_has_no_places(remembered):
    host = remembered
    record = host.work / 'record'
    record.write_text(host.admin('export', 'alice').stdout)
    host.admin('remove', 'alice')
    with open(record, encoding='ascii') as file:
        subprocess.run([ADMIN, 'import', 'record', '--write'], stdin=file,
                       capture_output=True, env=ENVIRONMENT, timeout=60,
                       check=True)
    assert host.status('alice')['remembered'] == []
    assert is_asked(host)


@contextlib.contextmanager
def renamed(old, new):
    path = pathlib.Path('/etc/passwd')
    text = path.read_text(encoding='utf-8')
    path.write_text(re.sub(f'(?m)^{old}:', f'{new}:', text), encoding='utf-8')
    try:
        yield
    finally:
        path.write_text(text, encoding='utf-8')


def test_adopted_record_has_no_places(remembered):
    with renamed('alice', 'alicia'):
        remembered.admin('adopt', 'alicia')
        assert remembered.status('alicia')['remembered'] == []
        talk = remembered.drive('alicia', '0', options=('--rhost', HOME))
        assert not talk.let_in and talk.said


def test_five_wrong_codes_in_a_row_end_it(remembered):
    """Somebody guesses who has the password: an event, as the stop is."""
    host = remembered
    drive(host, '000000', '000001', '000002', address=OFFICE)
    drive(host, '000000', '0', address=OFFICE)
    assert drive(host).method == 'remembered'
    drive(host, '000000', '0', address=OFFICE)
    assert is_asked(host)
    assert host.status('alice')['remembered'] == []


def test_wrong_codes_from_elsewhere_forget_nothing(remembered):
    """A slip of the finger does not end it, whosever it is."""
    drive(remembered, '000000', '000001', '000002', address=OFFICE)
    talk = drive(remembered)
    assert talk.let_in and talk.method == 'remembered'
    assert remembered.status('alice')['failed_attempts']['count'] == 3
