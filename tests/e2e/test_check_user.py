# SPDX-License-Identifier: BSD-3-Clause
"""xsuite-admin check --user: what somebody's next login would be like, and
that it is like that."""

import pathlib
import re

import pytest

import pam_tree
import place
from host import KEY, STATE, password

ASKS = 'pam_xsuite asks for the second step, first by app'


@pytest.fixture
def planted(host):
    pam_tree.plant()
    return host


def ask(host, user, status):
    done = host.admin('check', '--user', user, check=False)
    assert (done.returncode, done.stderr) == (status, '')
    parts = re.split(rf'^{user} by (\w+):\n', done.stdout, flags=re.M)
    assert parts[0] == ''
    told = dict(zip(parts[1::2], parts[2::2]))
    assert list(told) == ['sshd', 'sudo', 'login']
    return told


def test_enrolled_user_is_asked_everywhere(planted):
    planted.enrol('alice')
    for service, text in ask(planted, 'alice', 0).items():
        assert ASKS in text
        assert 'pam_unix asks for the password, and it is right' in text
        assert re.search(rf'^  /etc/pam.d/{service}:\d+  pam_xsuite', text,
                         re.M)
        assert '\n  lets in\n' in text


def test_remembered_address_is_spared_by_sshd_alone(planted):
    planted.config('remember = 1d\n')
    planted.enrol('alice')
    for service, text in ask(planted, 'alice', 0).items():
        assert (ASKS + ', but for an address that is remembered\n' in text
                ) == (service == 'sshd')


def test_backup_code_is_what_is_left(planted):
    planted.enrol('alice')
    place.edit(planted, 'alice', 'disable=app')
    for text in ask(planted, 'alice', 0).values():
        assert 'first by backup' in text


REFUSALS = {
    'no_method': ('', 'pam_xsuite refuses: disabled'),
    'refuse': ('not_enrolled = refuse\n', 'pam_xsuite refuses: not-enrolled'),
    'options': ('tires = 2\n', 'pam_xsuite refuses: '),
    'group': ('required_groups = nosuch\n', 'pam_xsuite refuses: group'),
    'key': ('', 'pam_xsuite refuses: '),
    'state': ('', 'pam_xsuite refuses: '),
    'password': ('', 'pam_unix refuses: the account has no password'),
}


@pytest.mark.parametrize('name', REFUSALS)
def test_refusal_is_foretold_and_happens(planted, name):
    config, phrase = REFUSALS[name]
    planted.add_to_sudoers('Defaults passwd_tries=1')
    if name != 'refuse':
        planted.enrol('alice')
    if name == 'no_method':
        place.edit(planted, 'alice', 'disable=app', 'disable=backup')
    if name == 'password':
        planted.set_password('alice', '!')
    if name == 'key':
        KEY.chmod(0o644)
    if name == 'state':
        (STATE / 'users' / '.store').rename(STATE / 'users' / '.lost')
        (STATE / 'users').rename(STATE / 'lost')
    planted.config(config)
    for text in ask(planted, 'alice', 1).values():
        assert phrase in text
        assert '\n  refuses\n' in text
    terminal = planted.sudo('alice', '-k', 'sh', '-c', 'echo in$((1+1))')
    terminal.asked('[sudo] password for alice: ')
    terminal.type(password('alice'))
    if name == 'refuse':
        return  # asked for a code that is never right: test_policy
    text, status = terminal.ended()
    assert 'in2' not in text
    assert status == 1


@pytest.mark.parametrize('config, reason', [
    ('', 'not-enrolled'), ('exempt_users = carol\n', 'exempt-user'),
    ('enforce = log\n', 'enforce = log')])
def test_who_is_not_asked_is_let_in(planted, config, reason):
    planted.config(config)
    for text in ask(planted, 'carol', 0).values():
        assert f'pam_xsuite does not ask: {reason}' in text
        assert '\n  lets in\n' in text


def test_service_without_the_second_step_is_told(planted):
    pam_tree.plant({'login': pam_tree.ALL})
    planted.enrol('alice')
    told = ask(planted, 'alice', 0)
    assert 'no second step here' in told['login']
    assert 'no second step here' not in told['sshd']


def test_closed_host_is_told(planted):
    path = pathlib.Path('/etc/nologin')
    path.touch()
    try:
        told = ask(planted, 'alice', 1)
    finally:
        path.unlink()
    assert 'pam_nologin says auth_err' in told['login']
    assert '\n  refuses\n' in told['login']


def test_nothing_is_written(planted):
    planted.enrol('alice')
    before = place.digest()
    ask(planted, 'alice', 0)
    assert place.digest() == before


def test_unknown_user_is_67(planted):
    done = planted.admin('check', '--user', 'nobody-here', check=False)
    assert done.returncode == 67


@pytest.mark.parametrize('words', [
    ['--json', 'check', '--user', 'alice'],
    ['check', '--user', 'alice', '--explain']])
def test_user_stands_alone(planted, words):
    assert planted.admin(*words, check=False).returncode == 64
