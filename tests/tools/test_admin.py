# SPDX-License-Identifier: BSD-3-Clause
"""xsuite-admin as its caller sees it: what it prints, how it exits, and what
it leaves on the disk. Any user can run this: accounts come from a passwd file
of the test's own (nss_wrapper), and so does the state directory."""

import base64
import json
import os
import pathlib
import pty
import re
import resource
import shutil
import subprocess
import time
import urllib.parse

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = (ROOT / os.environ.get('B', 'build')).resolve()
ADMIN = BUILD / 'xsuite-admin'
FULL = {'own': {'left': 20, 'of': 20}, 'other': {'left': 50, 'of': 50}}
TIME = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ')


def preload():
    """The wrapper must come after the sanitizers' own libraries."""
    linked = subprocess.run(['ldd', ADMIN], capture_output=True, text=True)
    libraries = re.findall(r'lib[au]b?san\.so\S* => (\S+)', linked.stdout)
    return ' '.join([*libraries, 'libnss_wrapper.so'])


class World:
    """A host: accounts, options, key and state below one directory."""

    def __init__(self, path):
        self.path = path
        self.state = path / 'state'
        self.key = path / 'etc' / 'host.key'
        self.conf = path / 'xsuite.conf'
        self.accounts(alice=61001, bob=61002, carol=61003)
        self.options()

    def accounts(self, **uids):
        lines = [f'{name}:x:{uid}:{uid}::/nonexistent:/bin/sh\n'
                 for name, uid in uids.items()]
        (self.path / 'passwd').write_text(''.join(lines))
        (self.path / 'group').write_text('')

    def options(self, *lines):
        text = [f'state_dir = {self.state}', f'key_file = {self.key}',
                'issuer = Example', 'argon2_memory = 19M', 'argon2_time = 2',
                *lines]
        self.conf.write_text('\n'.join(text) + '\n')
        self.conf.chmod(0o600)

    def environment(self, **more):
        return {'PATH': os.environ['PATH'], 'LC_ALL': 'C.UTF-8',
                'LD_PRELOAD': preload(),
                'ASAN_OPTIONS': 'detect_leaks=0',
                'NSS_WRAPPER_PASSWD': str(self.path / 'passwd'),
                'NSS_WRAPPER_GROUP': str(self.path / 'group'), **more}

    def run(self, *words, config=True, **options):
        command = [ADMIN, *(['--config', self.conf] if config else []), *words]
        options = {'capture_output': True, 'text': True, 'timeout': 60,
                   'env': self.environment(), **options}
        return subprocess.run(command, **options)

    def ok(self, *words):
        done = self.run(*words)
        assert done.returncode == 0, done
        assert done.stderr == ''
        return done.stdout

    def json(self, *words):
        return json.loads(self.ok('--json', *words))

    def record(self, uid):
        return self.state / 'users' / str(uid)

    def files(self):
        return {path.relative_to(self.path): path.is_file()
                and path.read_bytes() for path in self.path.rglob('*')}


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


@pytest.fixture
def host(world):
    world.ok('init')
    return world


def spoil(path):
    """A record that no key opens, in both slots."""
    data = bytearray(path.read_bytes())
    for at in range(100, len(data), 200):
        data[at] ^= 1
    path.write_bytes(data)


# The command line


@pytest.mark.parametrize('words', [
    [], ['--nonsense'], ['nonsense'], ['--config'], ['enrol'], ['status', '-x'],
    ['enrol', 'alice', 'bob'], ['enrol', '--phone', '+31612345678', 'alice'],
    ['status', 'alice', '--json'], ['status', 'alice', 'bob'], ['list', 'x'],
    ['init', 'x'], ['config', 'x'], ['unlock'], ['unlock', 'alice', 'phone'],
    ['unlock', 'alice', 'app', 'x'], ['remove'], ['remove', 'alice', 'bob'],
    ['adopt'], ['check'], ['rekey'],
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
                    'adopt', 'config'):
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


def test_status_json_has_the_shape_of_the_design(host):
    host.ok('enrol', 'alice')
    status = host.json('status', 'alice')
    assert status['user'] == 'alice' and status['uid'] == 61001
    app = status['app']
    assert abs(time.time() - time.mktime(time.strptime(
        app['enrolled'] + ' UTC', '%Y-%m-%dT%H:%M:%SZ %Z')) + time.timezone) < 90
    assert (app['digits'], app['period'], app['algorithm'], app['failures']) \
        == (6, 30, 'sha1', 0)
    assert status['phone'] is None and status['sms'] is None
    assert status['default'] == 'app'
    backup = status['backup']
    assert TIME.fullmatch(backup['issued']) and backup['expires'] is None
    assert backup['left'] == 1 and backup['by'] == app['by'] != ''
    assert status['budget'] == FULL
    assert status['failed_attempts'] is None
    assert status['events'][0]['event'] == 'enrolled'


def test_status_names_who_did_it(host):
    if os.getuid() != 0:
        pytest.skip('SUDO_UID is believed of root only')
    done = host.run('--json', 'enrol', 'alice',
                    env=host.environment(SUDO_UID='61002'))
    assert done.returncode == 0
    assert host.json('status', 'alice')['app']['by'] == 'bob'


def test_status_for_people_has_every_part(host):
    host.ok('enrol', 'alice')
    out = host.ok('status', 'alice')
    assert out.startswith('alice (uid 61001)\n')
    for word in ('Authenticator app  set up 20', 'Mobile number      none',
                 'Backup code        made 20', 'Default method     app',
                 'enrolled by'):
        assert word in out


def test_status_of_who_is_not_enrolled_is_1(host):
    done = host.run('--json', 'status', 'alice')
    assert (done.returncode, done.stdout) == (1, '')
    assert done.stderr == 'xsuite-admin: alice is not enrolled\n'


def test_status_of_nobody_is_67(host):
    assert host.run('status', 'mallory').returncode == 67


def test_status_shows_no_secret(host):
    answer = host.json('enrol', 'alice')
    shown = host.ok('status', 'alice') + host.ok('--json', 'status', 'alice') \
        + host.ok('list') + host.ok('status') + host.ok('config')
    for secret in (answer['secret'], *answer['backup_codes'],
                   answer['backup_codes'][0].replace(' ', '')):
        assert secret not in shown


def test_status_of_the_host(host):
    host.ok('enrol', 'alice')
    host.ok('enrol', 'bob')
    status = host.json('status')
    assert status['records'] == 2 and status['key_id'] == 1
    assert status['store'] == 'file' and status['problems'] == []
    assert 'Problems  none\n' in host.ok('status')


def test_status_of_the_host_names_strayed_records(host):
    host.ok('enrol', 'alice')
    host.ok('enrol', 'bob')
    host.accounts(alice=61009)
    problems = host.json('status')['problems']
    assert [(one['uid'], one['what'].split()[0]) for one in problems] == \
        [(61001, 'alice'), (61002, 'bob')]


def test_list_has_a_line_a_record(host):
    for name in ('carol', 'alice'):
        host.ok('enrol', name)
    rows = [json.loads(line) for line in
            host.ok('--json', 'list').splitlines()]
    assert [row['user'] for row in rows] == ['alice', 'carol']
    assert rows[0] == host.json('status', 'alice')
    assert re.match(r'alice +61001  app,backup\ncarol +61003 ',
                    host.ok('list'))


def test_list_of_nobody_is_empty(host):
    assert host.ok('list') == ''


def test_list_goes_on_past_a_spoilt_record(host):
    for name in ('alice', 'bob', 'carol'):
        host.ok('enrol', name)
    spoil(host.record(61002))
    done = host.run('--json', 'list')
    assert done.returncode == 74
    assert [json.loads(line)['user'] for line in done.stdout.splitlines()] \
        == ['alice', 'carol']
    assert 'uid 61002' in done.stderr
    status = host.run('--json', 'status')
    assert status.returncode == 74
    assert [one['uid'] for one in json.loads(status.stdout)['problems']] \
        == [61002]


def test_spoilt_record_is_never_not_enrolled(host):
    host.ok('enrol', 'alice')
    spoil(host.record(61001))
    for command in (['status', 'alice'], ['unlock', 'alice'],
                    ['enrol', 'alice'], ['enrol', 'alice', '--replace']):
        done = host.run(*command)
        assert (done.returncode, done.stdout) == (74, ''), command


# unlock


def log_in_badly(host, times):
    """Wrong codes through libpam and the module, by make demo's program."""
    pexpect = pytest.importorskip('pexpect')
    services = host.path / 'services'
    services.mkdir(exist_ok=True)
    (services / 'other').write_text('auth required pam_deny.so\n')
    (services / 'xsuite-demo').write_text(
        f'auth required {BUILD}/pam_xsuite.so config={host.conf}\n')
    shown = pexpect.spawn(str(BUILD / 'tests' / 'demo' / 'demo_login'),
                          [str(host.path), 'alice'], timeout=20,
                          env=host.environment(), encoding='utf-8')
    for _ in range(times):
        shown.expect('Enter for another method')
        shown.sendline('000000')
    shown.expect('refused')
    shown.close()


def test_unlock_clears_failures_waits_and_budgets(host):
    host.options('fail_delay = 0', 'throttle_free = 2', 'throttle_wait = 1h')
    (host.path / 'enrol.json').write_text(host.ok('--json', 'enrol', 'alice'))
    log_in_badly(host, 3)
    before = host.json('status', 'alice')
    assert before['app']['failures'] == 2
    assert any(before['app']['waiting_until'].values())
    assert 'waits' in host.ok('list')
    assert before['failed_attempts']['count'] == 2

    unlocked = host.json('unlock', 'alice')
    assert unlocked == {'user': 'alice', 'unlocked': ['app', 'sms', 'backup']}
    after = host.json('status', 'alice')
    assert after['app']['failures'] == 0
    assert not any(after['app']['waiting_until'].values())
    assert before['budget'] != FULL == after['budget']
    assert after['events'][0]['event'] == 'unlocked'
    assert after['failed_attempts'] == before['failed_attempts']


def test_unlock_of_one_method_leaves_the_budget(host):
    host.options('fail_delay = 0')
    (host.path / 'enrol.json').write_text(host.ok('--json', 'enrol', 'alice'))
    log_in_badly(host, 3)
    spent = host.json('status', 'alice')['budget']
    host.ok('unlock', 'alice', 'backup')
    assert host.json('status', 'alice')['app']['failures'] == 3
    host.ok('unlock', 'alice', 'app')
    after = host.json('status', 'alice')
    assert after['app']['failures'] == 0
    assert after['budget'] == spent != FULL


def test_replace_clears_failures_and_leaves_the_budget(host):
    host.options('fail_delay = 0')
    (host.path / 'enrol.json').write_text(host.ok('--json', 'enrol', 'alice'))
    log_in_badly(host, 3)
    before = host.json('status', 'alice')
    host.ok('enrol', 'alice', '--replace')
    after = host.json('status', 'alice')
    assert (before['app']['failures'], after['app']['failures']) == (3, 0)
    assert after['budget'] == before['budget'] != FULL


def test_unlock_of_who_is_not_enrolled_is_1(host):
    assert host.run('unlock', 'alice').returncode == 1
    assert host.run('unlock', 'mallory').returncode == 67


# remove


def test_remove_forgets_the_user(host):
    empty = host.files()
    host.ok('enrol', 'alice')
    assert host.json('remove', 'alice') == {'user': 'alice', 'removed': True}
    assert host.run('status', 'alice').returncode == 1
    assert host.run('remove', 'alice').returncode == 1
    left = host.files()
    assert {path for path in left if 'host' not in path.parts} == \
        {path for path in empty if 'host' not in path.parts}
    host.ok('enrol', 'alice')


def test_remove_takes_who_is_no_account_any_more(host):
    host.ok('enrol', 'alice')
    host.ok('enrol', 'bob')
    host.accounts(bob=61002)
    host.ok('remove', 'alice')
    assert host.run('remove', 'alice').returncode == 67
    assert host.ok('list').startswith('bob ')
    assert os.listdir(host.state / 'names') == ['bob']


def test_remove_leaves_the_record_of_a_new_owner_of_the_uid(host):
    """bob went, and carol was given his uid: carol's record is not bob's."""
    host.ok('enrol', 'bob')
    host.accounts(carol=61002)
    assert host.run('remove', 'carol').returncode == 1
    assert host.record(61002).exists()
    host.ok('remove', 'bob')
    assert not host.record(61002).exists()


def test_remove_takes_a_name_without_its_record(host):
    host.ok('enrol', 'alice')
    host.ok('enrol', 'bob')
    host.record(61001).unlink()
    host.accounts(bob=61002, alice=61005)
    assert host.run('status', 'alice').returncode not in (0, 1)
    host.ok('remove', 'alice')
    assert host.run('status', 'alice').returncode == 1
    assert host.json('status', 'bob')['user'] == 'bob'


def test_remove_takes_a_spoilt_record(host):
    host.ok('enrol', 'alice')
    spoil(host.record(61001))
    host.ok('remove', 'alice')
    host.ok('enrol', 'alice')


# adopt


def test_adopt_finds_the_record_of_a_new_uid(host):
    host.ok('enrol', 'alice')
    host.accounts(alice=61009)
    assert host.run('status', 'alice').returncode == 65
    assert host.json('adopt', 'alice') == {
        'user': 'alice', 'uid': 61009, 'adopted': True,
        'former_name': 'alice', 'former_uid': 61001}
    status = host.json('status', 'alice')
    assert status['uid'] == 61009 and status['backup']['left'] == 1
    assert status['events'][0]['event'] == 'adopted'
    assert not host.record(61001).exists()


def test_adopt_takes_the_record_of_a_former_name(host):
    host.ok('enrol', 'alice')
    host.accounts(eve=61001, bob=61002)
    assert host.run('status', 'eve').returncode == 65
    out = host.ok('adopt', 'eve')
    assert 'alice' in out
    assert host.json('status', 'eve')['user'] == 'eve'
    assert os.listdir(host.state / 'names') == ['eve']


def test_adopt_refuses_the_record_of_another_account(host):
    host.ok('enrol', 'alice')
    host.accounts(eve=61001, alice=61009)
    before = host.files()
    done = host.run('adopt', 'eve')
    assert (done.returncode, done.stdout) == (1, '')
    assert 'alice' in done.stderr
    assert host.files() == before
    host.ok('adopt', 'alice')
    assert host.run('status', 'eve').returncode == 1


def test_adopt_refuses_a_uid_that_is_taken(host):
    host.ok('enrol', 'alice')
    host.ok('enrol', 'bob')
    host.accounts(alice=61002, bob=61001)
    before = host.files()
    done = host.run('adopt', 'alice')
    assert (done.returncode, done.stdout) == (1, '')
    assert 'the record of bob' in done.stderr
    assert host.files() == before


def test_adopt_without_need_says_so(host):
    host.ok('enrol', 'alice')
    before = host.files()
    assert 'nothing was changed' in host.ok('adopt', 'alice')
    assert host.json('adopt', 'alice')['adopted'] is False
    assert host.files() == before


def test_adopt_of_who_is_not_enrolled_is_1(host):
    assert host.run('adopt', 'alice').returncode == 1
    assert host.run('adopt', 'mallory').returncode == 67
