# SPDX-License-Identifier: BSD-3-Clause
"""conf/examples and conf/ansible, by the real expect, paramiko and
ansible-playbook."""

import json
import os
import re
import subprocess

import pytest

from host import ADMIN, ENVIRONMENT, ROOT, password

EXAMPLES = ROOT / 'conf/examples'
COMMAND = 'echo IN:$((40+2)) ${XSUITE_METHOD:-none}'


@pytest.fixture
def alice(host):
    host.stack('sshd')
    return host.enrol('alice')


@pytest.fixture
def secrets(alice, tmp_path):
    path = tmp_path / 'secrets'
    path.write_text(f'{password("alice")}\n{alice.secret}\n',
                    encoding='ascii')
    path.chmod(0o600)
    return path


def run(*argv, **environment):
    return subprocess.run(
        [str(word) for word in argv], stdin=subprocess.DEVNULL, check=False,
        capture_output=True, text=True, timeout=120,
        env={**ENVIRONMENT, **environment})


def expect(host, secrets):
    return run(EXAMPLES / 'login.expect', secrets,
               *host.sshd().client('alice', [COMMAND], {}))


def paramiko(host, secrets):
    daemon = host.sshd()
    known = host.work / 'known_paramiko'
    kind, key = (host.work / 'host.pub').read_text().split()[:2]
    known.write_text(f'[127.0.0.1]:{daemon.port} {kind} {key}\n')
    return run('/usr/bin/python3', EXAMPLES / 'login_paramiko.py', secrets,
               known, 'alice', '127.0.0.1', daemon.port, COMMAND)


BOTH = pytest.mark.parametrize('program', [expect, paramiko])


@BOTH
def test_program_logs_in_with_a_code_of_oathtool(host, secrets, program):
    done = program(host, secrets)
    assert (done.returncode, done.stderr) == (0, '')
    assert done.stdout.replace('\r', '') == 'IN:42 app\n'


@BOTH
def test_program_with_a_wrong_key_is_not_let_in(host, alice, secrets,
                                                program):
    other = 'MFRGGZDFMZTWQ2LK'
    secrets.write_text(f'{password("alice")}\n{other}\n', encoding='ascii')
    host.config('tries = 1\n')
    done = program(host, secrets)
    assert done.returncode != 0 and 'IN:' not in done.stdout
    assert 'refused user=alice method=app reason=wrong' in '\n'.join(
        host.log.lines())
    assert alice.secret not in done.stdout + done.stderr


@BOTH
def test_program_takes_no_secrets_that_others_can_read(host, secrets,
                                                       program):
    secrets.chmod(0o644)
    done = program(host, secrets)
    assert done.returncode != 0 and 'chmod 600' in done.stderr
    assert not [line for line in host.log.lines() if 'refused' in line]


def test_expect_waits_for_the_next_code_when_one_is_used(host, alice,
                                                         secrets):
    assert expect(host, secrets).returncode == 0
    done = expect(host, secrets)
    assert done.returncode == 0
    assert 'IN:42 app' in done.stdout
    assert alice.user in host.admin('status', 'alice').stdout


# ansible-playbook, with two hosts that are this one and a second state.

def playbook(host, *words):
    """Both hosts are reached by `connection: local`, xsuite-admin is a script
    that takes each to a state of its own."""
    bin_directory = host.work / 'ansible'
    bin_directory.mkdir(exist_ok=True)
    hosts = bin_directory / 'hosts'
    lines = ['[xsuite]']
    for name in ('one', 'two'):
        place = bin_directory / name
        place.mkdir(exist_ok=True)
        if not (place / 'xsuite.conf').exists():
            (place / 'xsuite.conf').write_text(
                f'state_dir = {place}/state\nkey_file = {bin_directory}/key\n'
                'argon2_memory = 12M\n', encoding='ascii')
            done = run(ADMIN, '--config', place / 'xsuite.conf', 'init')
            assert done.returncode == 0, done.stderr
            program = place / 'xsuite-admin'
            program.write_text(f'#!/bin/sh\nexec {ADMIN} --config '
                               f'{place}/xsuite.conf "$@"\n')
            program.chmod(0o755)
        lines.append(f'{name} ansible_connection=local '
                     f'ansible_python_interpreter=/usr/bin/python3 '
                     f'place={place}')
    hosts.write_text('\n'.join(lines) + '\n')
    book = bin_directory / 'enrol.yml'
    text = (ROOT / 'conf/ansible/enrol.yml').read_text(encoding='utf-8')
    book.write_text(text.replace('[xsuite-admin, ',
                                 '["{{ place }}/xsuite-admin", ').replace(
        'become: true', 'become: false'))
    return run('/usr/bin/ansible-playbook', '-i', hosts, book, '-e',
               'user=alice', *words, HOME=str(bin_directory),
               LC_ALL='C.UTF-8',
               ANSIBLE_LOCAL_TEMP=str(bin_directory / 'tmp'))


@pytest.mark.skipif(not os.path.exists('/usr/bin/ansible-playbook'),
                    reason='ansible-core is not installed')
def test_playbook_enrols_once_for_all_hosts(host):
    done = playbook(host)
    assert done.returncode == 0, done.stdout + done.stderr
    secret, = set(re.findall(r'"secret": "([A-Z2-7]+)"', done.stdout))
    host.secrets += [secret, *re.findall(r'"(\d{4} \d{4})"', done.stdout)]
    assert len(host.secrets) > 4
    for name in ('one', 'two'):
        status = run(host.work / 'ansible' / name / 'xsuite-admin', '--json',
                     'status', 'alice')
        assert json.loads(status.stdout)['app']['digits'] == 6
    # Where it is handed over, in the URI and alone, and nowhere else.
    assert done.stdout.count(secret) == 2
    again = playbook(host)
    assert again.returncode == 0, again.stdout + again.stderr
    assert len(re.findall(r'^(?:one|two) .*\bchanged=0 .*\bfailed=0 ',
                          again.stdout, re.M)) == 2, again.stdout
    assert secret not in again.stdout
