# SPDX-License-Identifier: BSD-3-Clause
"""xsuite-admin check on a host that is set up right, and on one where key,
state, records, sshd, sudo or login are not."""

import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

import pam_tree
import place
from host import ADMIN, CONFIG, ENVIRONMENT, KEY, ROOT, STATE

SSHD = pathlib.Path('/etc/ssh/sshd_config.d/xsuite.conf')
LOGIN = pathlib.Path('/etc/login.defs')
SUDOERS = pathlib.Path('/etc/sudoers')
# What the machine under the tests is like, and no test can change.
GIVEN = ('the clock is not synchronised', 'is kept in memory',
         'writes every change to a new place')


def findings(host, *words):
    done = host.admin('--json', *words, 'check', check=False)
    assert done.stderr == ''
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return [each for each in found
            if not each['what'].startswith(GIVEN)]


def expect(host, level, where, phrase):
    found = findings(host)
    assert [(each['level'], each['where']) for each in found] == \
        [(level, where)], found
    assert phrase in found[0]['what']
    assert len(found[0]['mend']) > 10


@pytest.fixture
def right(host):
    """The host with all that conf/ says, and a record."""
    ssh = pathlib.Path('/etc/ssh')
    before = host.work / 'before'
    before.mkdir()
    shutil.copytree(ssh, before / 'ssh')
    shutil.copy2(LOGIN, before)
    pam_tree.plant()
    SSHD.parent.mkdir(exist_ok=True)
    for path in SSHD.parent.iterdir():
        path.unlink()
    shutil.copy(ROOT / 'conf' / 'sshd_config.d' / 'xsuite.conf', SSHD)
    (ssh / 'sshd_config').write_text(
        'Include /etc/ssh/sshd_config.d/*.conf\n'
        f'HostKey {host.work}/host\nSubsystem sftp internal-sftp\n')
    lines = [line for line in LOGIN.read_text().splitlines()
             if not line.startswith('LOGIN_TIMEOUT')]
    LOGIN.write_text('LOGIN_TIMEOUT 300\n' + '\n'.join(lines) + '\n')
    host.enrol('alice')
    yield host
    shutil.rmtree(ssh)
    shutil.copytree(before / 'ssh', ssh)
    shutil.copy2(before / 'login.defs', LOGIN)
    shutil.rmtree(before)


def test_right_host_is_clean_and_unchanged(right):
    before = place.digest()
    assert findings(right) == []
    assert place.digest() == before


def test_key_open_to_others_is_an_error(right):
    KEY.chmod(0o644)
    expect(right, 'error', str(KEY), 'has mode 0644')


def test_key_of_another_is_an_error(right):
    os.chown(KEY, right.uids['alice'], 0)
    expect(right, 'error', str(KEY), f'belongs to uid {right.uids["alice"]}')


def test_lost_key_is_an_error(right):
    KEY.unlink()
    expect(right, 'error', str(KEY), '')


def test_other_key_opens_no_record(right):
    KEY.chmod(0o600)
    KEY.write_text('1 ' + 64 * 'a' + '\n')
    found = findings(right)
    assert [each['level'] for each in found] == ['error']
    assert found[0]['where'].startswith(str(STATE))


def test_key_directory_open_to_others_is_an_error(right):
    directory = pathlib.Path('/etc/keys')
    directory.mkdir()
    try:
        shutil.move(KEY, directory / 'host.key')
        right.config(f'key_file = {directory}/host.key\n')
        assert findings(right) == []
        directory.chmod(0o777)
        expect(right, 'error', str(directory), 'others than root')
    finally:
        shutil.rmtree(directory)


def test_empty_state_directory_is_an_error(right):
    for part in ('users', 'names', 'host'):
        shutil.rmtree(STATE / part)
    found = findings(right)
    assert {each['where'] for each in found} == \
        {f'{STATE}/{part}' for part in ('users', 'names', 'host')}
    assert all(each['what'] == 'is not there' for each in found)


def test_missing_state_directory_is_an_error(right):
    shutil.rmtree(STATE)
    expect(right, 'error', str(STATE), 'is not there')


def test_missing_marker_is_an_error(right):
    (STATE / 'users' / '.store').unlink()
    found = findings(right)
    assert [each['level'] for each in found] == ['error']
    assert '.store' in found[0]['where'] + found[0]['what']


@pytest.mark.parametrize('part', ['', 'users', 'names', 'host'])
def test_open_directory_is_an_error(right, part):
    path = STATE / part
    mode = path.stat().st_mode
    path.chmod(0o777)
    try:
        expect(right, 'error', str(path), 'mode 0777 lets others in')
    finally:
        path.chmod(mode)


def test_record_open_to_others_is_an_error(right):
    right.record('alice').chmod(0o644)
    expect(right, 'error', str(right.record('alice')), 'does not open')


def test_torn_record_is_an_error(right):
    path = right.record('alice')
    data = bytearray(path.read_bytes())
    for at in range(100, len(data), 200):
        data[at] ^= 1
    path.write_bytes(data)
    expect(right, 'error', str(path), 'does not open')


def passwd(change):
    path = pathlib.Path('/etc/passwd')
    before = path.read_text()
    path.write_text(''.join(change(line) for line in
                            before.splitlines(keepends=True)))
    return before


@pytest.fixture
def accounts():
    path = pathlib.Path('/etc/passwd')
    before = path.read_text()
    yield
    path.write_text(before)


def test_record_without_account_is_a_warning(right, accounts):
    passwd(lambda line: '' if line.startswith('alice:') else line)
    expect(right, 'warning', str(right.record('alice')),
           'alice is no account any more')


def test_renumbered_account_is_an_error(right, accounts):
    passwd(lambda line: re.sub(r'^(alice:x:)\d+', r'\g<1>59999', line))
    expect(right, 'error', str(right.record('alice')),
           'alice has the uid 59999 now')


def test_renamed_account_is_an_error(right, accounts):
    passwd(lambda line: re.sub('^alice:', 'alicia:', line))
    expect(right, 'error', str(right.record('alice')), 'its uid is alicia')


def test_name_without_record_is_an_error(right):
    right.record('alice').unlink()
    expect(right, 'error', str(STATE / 'names' / 'alice'),
           'a name without its record')


def test_user_without_a_method_left_is_a_warning(right):
    place.edit(right, 'alice', 'disable=app')
    assert findings(right) == []
    place.edit(right, 'alice', 'disable=backup')
    expect(right, 'warning', str(right.record('alice')),
           'alice has no method that can be used')


def test_record_ahead_of_the_clock_is_a_warning(right):
    place.edit(right, 'alice', 'latest=86400')
    expect(right, 'warning', str(right.record('alice')),
           'and the clock says')


def test_app_codes_used_ahead_of_the_clock_are_a_warning(right):
    place.edit(right, 'alice', 'used=60')
    assert findings(right) == []
    place.edit(right, 'alice', f'used={365 * 86400}')
    expect(right, 'warning', str(right.record('alice')),
           'app codes of alice count as used until')


def test_broken_option_is_an_error_with_its_line(right):
    right.config('tires = 2\n')
    line = len(CONFIG.read_text().splitlines())
    expect(right, 'error', f'{CONFIG}:{line}', 'tires')


def test_missing_options_are_an_error(right):
    CONFIG.unlink()
    expect(right, 'error', str(CONFIG), 'not there')


def test_missing_sender_is_an_error(right):
    right.config('sms_command = /nowhere/send\nsms_user = nobody\n'
                 'country_code = 31\n')
    expect(right, 'error', '/nowhere/send', 'sms_command: No such file')


def test_sender_that_others_can_change_is_an_error(right):
    sender = right.work / 'send'
    sender.write_text('#!/bin/sh\n')
    sender.chmod(0o777)
    right.config(f'sms_command = {sender}\nsms_user = nobody\n'
                 'country_code = 31\n')
    expect(right, 'error', str(sender), 'others can change it')
    sender.chmod(0o755)
    assert findings(right) == []
    right.config(f'sms_command = {sender}\nsms_user = nosuchuser\n'
                 'country_code = 31\n')
    expect(right, 'error', str(sender), 'there is no such account')
    sender.unlink()


@pytest.mark.parametrize('key', ['notify_command', 'sms_command'])
def test_program_that_its_user_does_not_reach_is_an_error(right, key):
    place = right.work / 'closed'
    program = place / 'tell'
    place.mkdir(0o700)
    program.write_text('#!/bin/sh\n')
    program.chmod(0o755)
    right.config(f'{key} = {program}\nsms_user = nobody\n'
                 'country_code = 31\n')
    expect(right, 'error', str(program), f'{key}: nobody may not execute it')
    place.chmod(0o755)
    assert findings(right) == []
    program.chmod(0o700)
    expect(right, 'error', str(program), f'{key}: nobody may not execute it')
    program.chmod(0o755)
    os.chown(program, right.uids['alice'], -1)
    expect(right, 'error', str(program),
           f'{key}: uid {right.uids["alice"]} can change it')
    program.unlink()
    place.rmdir()


def test_unknown_group_is_an_error(right):
    right.config('required_groups = nosuchgroup\n')
    line = len(CONFIG.read_text().splitlines())
    expect(right, 'error', f'{CONFIG}:{line}', 'nosuchgroup')


def test_unenrolled_of_a_required_group_are_counted(right):
    right.config('not_enrolled = refuse\nrequired_groups = staff\n')
    right.enrol('bob')
    path = pathlib.Path('/etc/group')
    before = path.read_text()
    try:
        path.write_text(re.sub(r'(?m)^staff:.*$',
                               'staff:x:50:alice,bob,carol', before))
        done = right.admin('check', check=False)
        assert ('Group staff: 1 of 3 accounts have no record and would be '
                'refused today\n') in done.stdout
    finally:
        path.write_text(before)


SWITCHES = {
    'password': ('PasswordAuthentication no', 'PasswordAuthentication yes',
                 'warning', 'PasswordAuthentication', 'cannot ask'),
    'kbdint': ('KbdInteractiveAuthentication yes',
               'KbdInteractiveAuthentication no',
               'error', 'KbdInteractiveAuthentication', 'asks no questions'),
    'usepam': ('UsePAM yes', 'UsePAM no', 'error', 'UsePAM',
               'does not use PAM'),
    'grace': ('LoginGraceTime 300', 'LoginGraceTime 30', 'warning',
              'LoginGraceTime', '30 seconds are too short'),
    'methods': ('#AuthenticationMethods publickey,keyboard-interactive:pam',
                'AuthenticationMethods publickey '
                'publickey,keyboard-interactive:pam', 'error',
                'AuthenticationMethods', 'without keyboard-interactive'),
}


@pytest.mark.parametrize('name', SWITCHES)
def test_switch_of_sshd_is_named_with_its_line(right, name):
    old, new, level, keyword, phrase = SWITCHES[name]
    text = SSHD.read_text()
    assert old in text
    text = text.replace(old, new)
    SSHD.write_text(text)
    line = next(number for number, each in enumerate(text.splitlines(), 1)
                if each.startswith(keyword))
    expect(right, level, f'{SSHD}:{line}', phrase)


def test_switch_that_is_not_set_is_named_with_the_main_file(right):
    SSHD.write_text('PasswordAuthentication no\nLoginGraceTime 300\n'
                    'KbdInteractiveAuthentication yes\n')
    expect(right, 'error', '/etc/ssh/sshd_config', 'does not use PAM')


def test_files_that_sshd_refuses_are_an_error(right):
    SSHD.write_text('UsePAM perhaps\n')
    expect(right, 'error', '/etc/ssh/sshd_config', 'its own files')


def test_key_instead_of_password_is_clean_when_sshd_demands_it(right):
    stack = (pam_tree.PAM / 'sshd').read_text()
    (pam_tree.PAM / 'sshd').write_text(
        stack.replace('@include common-auth', '#@include common-auth'))
    found = findings(right)
    assert [each['level'] for each in found] == ['error']
    assert 'lets in with nothing' in found[0]['what']
    with open(SSHD, 'a', encoding='ascii') as file:
        file.write('AuthenticationMethods publickey,'
                   'keyboard-interactive:pam\nPermitRootLogin no\n')
    assert findings(right) == []
    SSHD.write_text(SSHD.read_text().replace('PermitRootLogin no',
                                             'PermitRootLogin '
                                             'prohibit-password'))
    line = len(SSHD.read_text().splitlines())
    expect(right, 'warning', f'{SSHD}:{line}', 'root cannot log in')


def test_login_by_key_alone_is_told(right):
    done = right.admin('check', check=False)
    assert ('sshd lets in by a key without the second step: '
            'AuthenticationMethods is not set\n') in done.stdout


@pytest.mark.parametrize('text', [
    'Defaults passprompt_override\n',
    'Defaults:alice passprompt_override\n',
    'Defaults !passprompt_override, \\\n  passprompt_override\n'])
def test_sudos_own_prompt_is_an_error(right, text):
    line = len(SUDOERS.read_text().splitlines()) + 1
    right.add_to_sudoers(text.rstrip('\n'))
    expect(right, 'error', f'/etc/sudoers:{line}', "sudo's own prompt")


def test_prompt_that_is_switched_off_again_is_clean(right):
    right.add_to_sudoers('Defaults passprompt_override')
    right.add_to_sudoers('Defaults !passprompt_override')
    assert findings(right) == []


def test_short_time_at_the_console_is_a_warning(right):
    LOGIN.write_text(LOGIN.read_text().replace('LOGIN_TIMEOUT 300',
                                               'LOGIN_TIMEOUT\t60'))
    expect(right, 'warning', f'{LOGIN}:1', '60 seconds at the console')


def test_options_named_on_the_command_line_are_checked(right):
    other = right.work / 'other.conf'
    other.write_text('state_dir = /nowhere\n')
    found = findings(right, '--config', other)
    other.unlink()
    assert [each['where'] for each in found] == ['/nowhere']


def test_without_root_it_says_what_it_cannot_see(right):
    done = subprocess.run(
        right.as_user('alice', ADMIN, 'check'), capture_output=True,
        text=True, check=False, env=ENVIRONMENT)
    assert done.returncode == 2
    assert f'error: {KEY}: ' in done.stdout
