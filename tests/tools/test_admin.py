# SPDX-License-Identifier: BSD-3-Clause
"""xsuite-admin as its caller sees it: usage, options, init and enrol."""

import base64
import json
import os
import pty
import re
import resource
import shutil
import subprocess
import urllib.parse

import pytest

from world import ADMIN, ROOT, World

# The command line


@pytest.mark.parametrize('words', [
    [], ['--nonsense'], ['nonsense'], ['--config'], ['enrol'], ['status', '-x'],
    ['enrol', 'alice', 'bob'], ['enrol', '--phone', '+31612345678', 'alice'],
    ['status', 'alice', '--json'], ['status', 'alice', 'bob'], ['list', 'x'],
    ['init', 'x'], ['config', 'x'], ['unlock'], ['unlock', 'alice', 'phone'],
    ['unlock', 'alice', 'app', 'x'], ['remove'], ['remove', 'alice', 'bob'],
    ['adopt'], ['rekey', 'x'], ['check', 'x'], ['check', '--user'],
    ['check', '--nonsense'],
])
def test_bad_usage_is_64_with_one_line(host, words):
    before = host.files()
    done = host.run(*words, config=words != ['--config'])
    assert done.returncode == 64
    assert done.stdout == ''
    assert re.fullmatch(r'xsuite-admin: .*; try xsuite-admin --help\n',
                        done.stderr)
    assert host.files() == before


def test_help_names_every_command(world):
    done = world.run('--help', config=False)
    assert (done.returncode, done.stderr) == (0, '')
    for command in ('init', 'enrol', 'status', 'list', 'unlock', 'remove',
                    'adopt', 'check', 'config'):
        assert re.search(rf'^  {command}\b', done.stdout, re.M)
    assert all(len(line) <= 80 for line in done.stdout.splitlines())


def test_version_is_that_of_the_news(world):
    news = (ROOT / 'NEWS').read_text().split()
    assert news[0] == 'pam_xsuite'
    assert world.run('--version').stdout == f'xsuite-admin {news[1]}\n'


def test_full_output_is_74(host):
    with open('/dev/full', 'w') as full:
        done = host.run('config', capture_output=False, stdout=full,
                        stderr=subprocess.PIPE)
    assert done.returncode == 74
    assert 'No space left' in done.stderr


def test_closed_stdout_is_refused(host):
    done = host.run('enrol', 'alice', capture_output=False,
                    stderr=subprocess.PIPE, preexec_fn=lambda: os.close(1))
    assert done.returncode == 74
    assert not host.record(61001).exists()


# config


def test_config_shows_the_options_in_force(world):
    world.options('tries = 2')
    shown = world.json('config')
    assert shown['tries'] == '2'
    assert shown['state_dir'] == str(world.state)
    assert shown['backup_format'] == 'digits:8'
    assert 'tries = 2\n' in world.ok('config')


def test_config_tells_where_each_option_was_set(world):
    world.options('tries = 2')
    line = world.conf.read_text().splitlines().index('tries = 2') + 1
    origins = world.json('config')['origins']
    assert origins['tries'] == f'{world.conf}:{line}'
    assert origins['state_dir'] == f'{world.conf}:1'
    assert origins['methods'] == 'default'
    out = world.ok('config')
    assert f'# {world.conf}:{line}\ntries = 2\n' in out
    assert '# default\nmethods = app,sms,backup\n' in out
    assert '# default\nsms_allow =\n' in out


def test_config_can_be_kept_as_an_options_file(world):
    world.options('tries = 2', 'throttle_wait = 90s')
    before = world.json('config')
    world.conf.write_text(world.ok('config'))
    after = world.json('config')
    del before['origins'], after['origins']
    assert after == before


@pytest.mark.parametrize('command', [
    ['config'], ['init'], ['list'], ['enrol', 'alice'], ['status']])
def test_broken_options_are_78_with_file_and_line(world, command):
    world.options('tires = 2')
    done = world.run(*command)
    assert (done.returncode, done.stdout) == (78, '')
    assert f'{world.conf}:6' in done.stderr
    assert not world.key.exists()


def test_missing_named_options_file_is_78(world):
    world.conf.unlink()
    assert world.run('config').returncode == 78


def test_relative_config_name_is_taken(world):
    done = world.run('--config', 'xsuite.conf', 'config', config=False,
                     cwd=world.path)
    assert (done.returncode, done.stderr) == (0, '')
    assert f'state_dir = {world.state}' in done.stdout


# init


def test_init_makes_key_and_state(world):
    made = world.json('init')['made']
    assert str(world.key) in made and str(world.state / 'host') in made
    assert world.key.stat().st_mode & 0o777 == 0o400
    assert re.fullmatch(r'1 [0-9a-f]{64}\n', world.key.read_text())
    for name in ('', 'users', 'names', 'host'):
        assert (world.state / name).stat().st_mode & 0o777 == 0o700
    assert (world.state / 'users' / '.store').is_file()


def test_second_init_changes_nothing(host):
    before = host.files()
    assert 'nothing was changed' in host.ok('init')
    assert host.json('init') == {'made': []}
    assert host.files() == before


def test_init_makes_a_new_key_on_every_host(world, tmp_path):
    other = World(tmp_path / 'other' if (tmp_path / 'other').mkdir() is None
                  else None)
    world.ok('init')
    other.ok('init')
    assert world.key.read_text() != other.key.read_text()


def test_init_mends_a_missing_host_directory(host):
    shutil.rmtree(host.state / 'host')
    assert host.json('init')['made'] == [str(host.state / 'host')]
    host.ok('enrol', 'alice')


def test_init_never_replaces_a_lost_key(host):
    host.key.unlink()
    before = host.files()
    done = host.run('init')
    assert done.returncode == 74
    assert 'Restore the key' in done.stderr
    assert host.files() == before


def test_init_refuses_a_foreign_key(host):
    host.key.unlink()
    host.key.write_text('1 ' + 64 * 'a' + '\n')
    host.key.chmod(0o400)
    assert host.run('init').returncode == 74


# enrol


def test_enrol_json_has_the_shape_of_the_design(host):
    out = host.ok('--json', 'enrol', 'alice')
    answer = json.loads(out)
    assert out.count('\n') == 1
    assert list(answer) == ['user', 'uri', 'secret', 'backup_codes']
    assert answer['user'] == 'alice'
    assert re.fullmatch('[A-Z2-7]{32}', answer['secret'])
    assert len(answer['backup_codes']) == 1
    assert re.fullmatch(r'\d{4} \d{4}', answer['backup_codes'][0])
    uri = urllib.parse.urlsplit(answer['uri'])
    query = urllib.parse.parse_qs(uri.query)
    assert (uri.scheme, uri.netloc) == ('otpauth', 'totp')
    assert urllib.parse.unquote(uri.path) == '/Example:alice'
    assert query['secret'] == [answer['secret']]
    assert query['issuer'] == ['Example']


def test_enrol_uses_the_host_name_without_issuer(host):
    text = host.conf.read_text().replace('issuer = Example\n', '')
    host.conf.write_text(text)
    answer = host.json('enrol', 'alice')
    label = urllib.parse.unquote(urllib.parse.urlsplit(answer['uri']).path)
    assert label == f'/{os.uname().nodename}:alice'


def test_enrol_twice_is_1_and_changes_nothing(host):
    host.ok('enrol', 'alice')
    before = host.files()
    done = host.run('enrol', 'alice')
    assert (done.returncode, done.stdout) == (1, '')
    assert '--replace' in done.stderr
    assert host.files() == before


@pytest.mark.parametrize('words', [['alice', '--replace'],
                                   ['--replace', 'alice']])
def test_replace_gives_new_secrets(host, words):
    first = host.json('enrol', 'alice')
    second = host.json('enrol', *words)
    assert first['secret'] != second['secret']
    assert first['backup_codes'] != second['backup_codes']
    events = host.json('status', 'alice')['events']
    assert [event['event'] for event in events] == ['enrolled', 'enrolled']


def test_replace_enrols_who_has_no_record(host):
    assert host.json('enrol', 'alice', '--replace')['user'] == 'alice'


def test_enrol_of_nobody_is_67(host):
    done = host.run('enrol', 'mallory')
    assert (done.returncode, done.stdout) == (67, '')
    assert done.stderr == 'xsuite-admin: mallory: no such account\n'


def test_failed_record_shows_no_secret(host):
    """A file as large as allowed: the record cannot be written."""
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
    done = host.run('--json', 'enrol', 'alice', preexec_fn=limit)
    assert done.returncode == 74
    assert done.stdout == ''
    assert not host.record(61001).exists()
    host.ok('enrol', 'alice')


def test_unseen_secrets_can_be_replaced(host):
    with open('/dev/full', 'w') as full:
        done = host.run('enrol', 'alice', capture_output=False, stdout=full,
                        stderr=subprocess.PIPE)
    assert done.returncode == 74
    assert '--replace' in done.stderr
    host.ok('enrol', 'alice', '--replace')


def test_nothing_readable_is_stored(host):
    answer = host.json('enrol', 'alice')
    code = answer['backup_codes'][0]
    secrets = [b'alice', answer['secret'].encode(), code.encode(),
               code.replace(' ', '').encode(),
               base64.b32decode(answer['secret'])]
    for path, data in host.files().items():
        if data and 'users' in path.parts:
            assert not [secret for secret in secrets if secret in data]


def test_enrol_without_init_is_74(world):
    done = world.run('enrol', 'alice')
    assert (done.returncode, done.stdout) == (74, '')
    assert f'{world.key} is not there' in done.stderr


def test_enrol_on_an_empty_state_directory_is_74(host):
    shutil.rmtree(host.state)
    assert host.run('enrol', 'alice').returncode == 74
    assert not host.state.exists()


def test_enrol_for_people_shows_key_and_code_once(host):
    out = host.ok('enrol', 'alice')
    assert len(re.findall(r'^Key:( [A-Z2-7]{4}){8}$', out, re.M)) == 1
    assert len(re.findall(r'^Backup code: \d{4} \d{4}$', out, re.M)) == 1


def terminal(host, *words):
    """Runs it on a terminal; returns what it shows."""
    leader, follower = pty.openpty()
    with subprocess.Popen([ADMIN, '--config', host.conf, *words],
                          stdout=follower, stderr=follower,
                          env=host.environment()) as running:
        os.close(follower)
        shown = b''
        while True:
            try:
                data = os.read(leader, 4096)
            except OSError:
                break
            if not data:
                break
            shown += data
        os.close(leader)
        assert running.wait() == 0
    return shown.decode().replace('\r\n', '\n')


def scan(picture, drawing):
    """Reads a QR code of half blocks with another's eyes."""
    rows = []
    for line in drawing:
        rows.append([cell in '█▀' for cell in line])
        rows.append([cell in '█▄' for cell in line])
    width = max(map(len, rows))
    pixels = ''
    for row in rows:
        row = row + (width - len(row)) * [False]
        pixels += 4 * ('\n' + ' '.join(4 * '1 ' if not light else 4 * '0 '
                                       for light in row))
    picture.write_text(f'P1\n{4 * width} {4 * len(rows)}{pixels}\n')
    done = subprocess.run(['zbarimg', '-q', '--raw', picture],
                          capture_output=True, text=True)
    return done.stdout.strip()


@pytest.mark.skipif(not shutil.which('zbarimg'), reason='zbarimg is missing')
def test_qr_code_on_a_terminal_holds_the_key(host):
    shown = terminal(host, 'enrol', 'alice')
    drawing = [line for line in shown.splitlines() if re.search('[█▀▄]', line)]
    uri = urllib.parse.urlsplit(scan(host.path / 'qr.pbm', drawing))
    key = re.search(r'^Key:(.*)$', shown, re.M).group(1).replace(' ', '')
    assert urllib.parse.parse_qs(uri.query)['secret'] == [key]
    assert '\x1b' not in shown


# status and list
