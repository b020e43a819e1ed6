# SPDX-License-Identifier: BSD-3-Clause
"""make demo, as who tries it sees it: with a terminal and without."""

import os
import pathlib
import re
import subprocess

import pexpect
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = (ROOT / os.environ.get('B', 'build')).resolve()
SCRIPT = ROOT / 'tests' / 'demo' / 'demo.sh'
LOGIN = BUILD / 'tests' / 'demo' / 'demo_login'
ENVIRONMENT = {**os.environ, 'B': str(BUILD), 'LC_ALL': 'C.UTF-8',
               'ASAN_OPTIONS': 'detect_leaks=0'}


def play(*command):
    return subprocess.run(command, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60,
                          env=ENVIRONMENT)


@pytest.fixture
def demo():
    done = play(SCRIPT)
    assert done.returncode == 0, done
    return done.stdout + done.stderr


def closed_to_the_sender():
    """root's sender is another user's, as everywhere."""
    return os.geteuid() == 0 and subprocess.run(
        ['setpriv', '--reuid', 'nobody', '--clear-groups', 'test', '-x',
         BUILD], check=False).returncode != 0


def test_without_a_terminal_three_logins_are_played(demo):
    played = demo.split('-- ')[1:]
    if len(played) == 5:
        sms = played.pop(2)
        code = re.search(r'\[an SMS comes: (\d{6}) is your login code for '
                         r'\S+ Valid for 5 minutes\. ', sms).group(1)
        assert re.search(rf'SMS code sent to \+31 \*{{6}}78, .*\n.*: {code}\n'
                         r'    => \w+ is in \(by sms\)', sms)
        assert 'SMS is the weakest method' in demo
    else:
        assert closed_to_the_sender() and '(Without SMS: ' in demo
    app, again, backup, used = played
    assert re.search(r'method\): \d{6}\n    => \w+ is in \(by app\)', app)
    assert 'refused' in again and 'is in' not in again
    new = re.search(r'Your new backup code:\n\n    (\d{4} \d{4})\n', backup)
    assert f'saved it: {new.group(1)}\n' in backup
    assert 'is in (by backup)' in backup
    assert 'refused' in used and 'is in' not in used


@pytest.mark.parametrize('module', ['pam_permit.so', 'pam_deny.so'])
def test_another_module_does_not_pass_for_ours(demo, tmp_path, module):
    """Whatever lets everybody in, or nobody, fails the demonstration."""
    services = tmp_path / 'services'
    services.mkdir()
    (tmp_path / 'enrol.json').write_text(
        (BUILD / 'demo' / 'enrol.json').read_text())
    for name in ('xsuite-demo', 'other'):
        (services / name).write_text(f'auth required {module}\n'
                                     'account required pam_permit.so\n')
    done = play(LOGIN, tmp_path, 'root')
    assert done.returncode == 1
    assert 'FAILED' in done.stdout


def test_on_a_terminal_a_person_types():
    shown = pexpect.spawn(str(SCRIPT), env=ENVIRONMENT, encoding='utf-8',
                          timeout=20)
    note = r'note says (\d{4} \d{4})\]'
    shown.expect(note)
    code = shown.match.group(1)
    shown.expect(r'method\): ')
    shown.sendline('')
    if shown.expect(['Choose 0-2: ', r'Backup code .*method\): ']) == 0:
        shown.sendline('1')
        shown.expect(r'an SMS comes: (\d{6}) ')
        sms = shown.match.group(1)
        shown.expect(r'SMS code sent to .*SMS code \(.*\): ')
        shown.sendline(sms)
        shown.expect(r'is in \(by sms\)')
        shown.sendline('')
        shown.expect(r'method\): ')
        shown.sendline('')
        shown.expect('Choose 0-2: ')
        shown.sendline('2')
        shown.expect(r'Backup code .*method\): ')
    else:
        assert closed_to_the_sender()
    shown.sendline(code)
    shown.expect(r'Your new backup code:\s+(\d{4} \d{4})')
    new = shown.match.group(1)
    shown.expect('saved it: ')
    shown.sendline(new)
    shown.expect(r'is in \(by backup\)')
    shown.sendline('')
    shown.expect(r'the phone shows (\d{6}) .*note says ' + new)
    code = shown.match.group(1)
    shown.expect(r'method\): ')
    shown.sendline(code)
    shown.expect(r'is in \(by app\)')
    shown.sendline('q')
    shown.expect(pexpect.EOF)
    shown.close()
    assert shown.exitstatus == 0
