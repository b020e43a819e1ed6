# SPDX-License-Identifier: BSD-3-Clause
"""xsuite-admin import: what it takes over, what it leaves, what it says, and
whose files it reads."""

import json
import os
import subprocess

import pytest

from world import ADMIN

SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
WEAK = 'GEZDGNBVGY3TQOJQ'
HEX = '3132333435363738393031323334353637383930'
CODES = ['52551398', '84314793']
GOOGLE = f'{SECRET}\n" DISALLOW_REUSE\n" TOTP_AUTH\n' + '\n'.join(CODES) + '\n'

as_root = pytest.mark.skipif(os.getuid() != 0,
                             reason='files of others: root only')


def put(path, text, owner=None, mode=0o600):
    path.write_text(text)
    path.chmod(mode)
    if owner is not None and os.getuid() == 0:
        os.chown(path, owner, owner)
    return path


@pytest.fixture
def google(host):
    return put(host.path / 'google', GOOGLE)


def homes(host, **users):
    """Accounts with homes of their own; each is given a directory."""
    lines = []
    host.path.chmod(0o755)
    for parent in host.path.parents:
        if parent.stat().st_uid == os.getuid() and parent.name:
            parent.chmod(parent.stat().st_mode | 0o111)
    for name, uid in users.items():
        home = host.path / f'home-{name}'
        home.mkdir(mode=0o700)
        os.chown(home, uid, uid)
        lines.append(f'{name}:x:{uid}:{uid}::{home}:/bin/sh\n')
    (host.path / 'passwd').write_text(''.join(lines))
    return {name: host.path / f'home-{name}' / '.google_authenticator'
            for name in users}


def rows(done):
    return {row['user']: row for row in map(json.loads,
                                            done.stdout.splitlines())}


def test_dry_run_writes_nothing_and_shows_no_secret(host, google):
    before = host.files()
    done = host.run('import', 'google', google, '--user', 'alice')
    assert done.returncode == 0
    assert 'alice: would be taken over: app code of 6 digits every 30 ' \
        'seconds, 2 scratch codes' in done.stdout
    assert done.stdout.endswith('Nothing was written. With --write it is.\n')
    done = host.run('--json', 'import', 'google', google, '--user', 'alice')
    assert rows(done)['alice']['result'] == 'would-take'
    for secret in (SECRET, *CODES, HEX):
        assert secret not in done.stdout + done.stderr
    assert host.files() == before


def test_google_is_written(host, google):
    done = host.run('--json', 'import', 'google', google, '--user', 'alice',
                    '--write')
    assert (done.returncode, done.stderr) == (0, '')
    row = rows(done)['alice']
    assert row['result'] == 'taken' and row['backup_codes'] == 2
    assert row['app'] == {'digits': 6, 'period': 30, 'algorithm': 'sha1',
                          'bits': 160}
    assert any('still holds the secret' in note for note in row['notes'])
    status = host.json('status', 'alice')
    assert status['backup']['left'] == 2
    assert status['events'][0]['event'] == 'imported'


def test_enrolled_user_is_left_alone(host, google):
    host.ok('enrol', 'alice')
    before = host.record(61001).read_bytes()
    done = host.run('import', 'google', google, '--user', 'alice', '--write')
    assert done.returncode == 1 and 'left alone' in done.stderr
    assert host.record(61001).read_bytes() == before


def test_broken_line_is_named_and_the_rest_taken(host):
    path = put(host.path / 'google', GOOGLE + 'rubbish\n')
    done = host.run('import', 'google', path, '--user', 'alice', '--write')
    assert done.returncode == 65
    assert f'{path}:6: ' in done.stderr and 'rubbish' not in done.stderr
    assert host.json('status', 'alice')['backup']['left'] == 2


@pytest.mark.parametrize('text, code', [
    ('rubbish!\n" TOTP_AUTH\n', 65), (f'{SECRET}\n" STEP_SIZE 5\n'
                                      '" TOTP_AUTH\n', 65),
    (f'{SECRET}\n" HOTP_COUNTER 1\n12345678\n', 1), (f'{SECRET}\n', 1)])
def test_what_cannot_be_taken_is_said(host, text, code):
    before = host.files()
    path = put(host.path / 'google', text)
    done = host.run('import', 'google', path, '--user', 'alice', '--write')
    assert done.returncode == code and str(path) in done.stderr
    path.unlink()
    assert host.files() == before


def test_weak_secret_is_flagged_and_taken(host):
    path = put(host.path / 'google', f'{WEAK}\n" TOTP_AUTH\n')
    done = host.run('import', 'google', path, '--user', 'alice', '--write')
    assert done.returncode == 0
    assert 'weak: the secret has 80 bits' in done.stdout
    assert host.json('status', 'alice')['backup'] is None


def test_account_must_be_there(host, google):
    assert host.run('import', 'google', google, '--user',
                    'mallory').returncode == 67


@pytest.mark.parametrize('words', [
    ['import'], ['import', 'apple'], ['import', 'google'],
    ['import', 'google', 'x'], ['import', 'google', '--user', 'alice'],
    ['import', 'google', 'x', '--all'], ['import', 'google', '--user'],
    ['import', 'oath'], ['import', 'oath', 'x', 'y'],
    ['import', 'oath', 'x', '--all']])
def test_wrong_words_are_64(host, words):
    assert host.run(*words).returncode == 64


def test_links_pipes_and_giants_are_refused(host, google):
    link = host.path / 'link'
    link.symlink_to(google)
    os.mkfifo(host.path / 'pipe')
    through = host.path / 'through'
    through.symlink_to(host.path)
    giant = put(host.path / 'giant', GOOGLE + '\n' * 20000)
    before = host.files()
    for path, why in [(link, 'symbolic link'), (through / 'google', 'link'),
                      (host.path / 'pipe', 'not a regular file'),
                      (giant, 'too long'), (host.path, 'regular'),
                      (host.path / 'none', 'No such file')]:
        for kind in ('google', 'oath'):
            if (path, kind) == (giant, 'oath'):
                continue
            words = ['--user', 'alice'] if kind == 'google' else []
            done = host.run('import', kind, path, *words, '--write')
            assert done.returncode == 66 and why in done.stderr, done
    assert host.files() == before


@as_root
def test_file_of_another_user_is_refused(host, google):
    os.chown(google, 61002, 61002)
    done = host.run('import', 'google', google, '--user', 'alice', '--write')
    assert done.returncode == 66 and 'another user' in done.stderr
    # Nobody but root speaks for all users.
    path = put(host.path / 'users.oath', f'HOTP/T30 alice - {HEX}\n', 61002)
    done = host.run('import', 'oath', path, '--write')
    assert done.returncode == 66 and 'another user' in done.stderr
    assert host.run('status', 'alice').returncode == 1


# every account


@as_root
def test_all_takes_every_home(host):
    files = homes(host, alice=61001, bob=61002, carol=61003, dave=61004)
    put(files['alice'], GOOGLE, 61001)
    put(files['bob'], f'{WEAK}\n" STEP_SIZE 60\n" TOTP_AUTH\n', 61002, 0o644)
    put(files['carol'], 'rubbish!\n', 61003)
    done = host.run('--json', 'import', 'google', '--all')
    assert host.run('status', 'alice').returncode == 1
    assert rows(done)['alice']['result'] == 'would-take'
    done = host.run('--json', 'import', 'google', '--all', '--write')
    assert done.returncode == 65
    found = rows(done)
    assert set(found) == {'alice', 'bob', 'carol'}
    assert found['bob']['app']['period'] == 60
    assert any('weak' in note for note in found['bob']['notes'])
    assert any('others' in note for note in found['bob']['notes'])
    assert found['carol']['app'] is None
    # Again: those who have a record are no failure.
    put(files['carol'], GOOGLE, 61003)
    done = host.run('--json', 'import', 'google', '--all', '--write')
    assert done.returncode == 0
    assert [rows(done)[user]['result'] for user in ('alice', 'bob', 'carol')] \
        == ['enrolled', 'enrolled', 'taken']


@as_root
def test_all_reads_only_what_is_the_users_own(host):
    files = homes(host, alice=61001, bob=61002, carol=61003, dave=61004,
                  eve=61005)
    secret = put(host.path / 'roots-own', GOOGLE)
    files['alice'].symlink_to(secret)
    os.link(secret, files['bob'])
    os.mkfifo(files['carol'], 0o600)
    os.chown(files['carol'], 61003, 61003)
    put(files['dave'], GOOGLE, 61001, 0o644)
    put(files['eve'], GOOGLE + '\n' * 20000, 61005)
    done = host.run('--json', 'import', 'google', '--all', '--write',
                    timeout=30)
    found = rows(done)
    assert done.returncode == 65
    assert {user: row['notes'][0] for user, row in found.items()} == {
        'alice': 'is a symbolic link', 'carol': 'is not a regular file',
        'dave': 'belongs to another user', 'eve': 'is too long'}
    assert 'taken' not in {row['result'] for row in found.values()}
    assert host.ok('list') == ''


@as_root
def test_home_is_read_with_the_users_rights(host, tmp_path):
    """In the eyes of the kernel it is the user who opens the file."""
    strace = tmp_path / 'trace'
    files = homes(host, alice=61001)
    put(files['alice'], GOOGLE, 61001)
    done = subprocess.run(
        ['strace', '-f', '-o', strace, '-e',
         'trace=setresuid,setresgid,setgroups,openat,open',
         *under_strace(host, 'import', 'google', '--all')],
        capture_output=True, text=True, env={
            **host.environment(), 'LD_PRELOAD': ''}, timeout=60, check=False)
    calls = [line.split(maxsplit=1) for line in
             strace.read_text().splitlines()]
    opened = [i for i, (_, call) in enumerate(calls)
              if '.google_authenticator' in call]
    if not opened:
        pytest.skip('accounts of nss_wrapper are not seen under strace: '
                    + done.stderr)
    pid = calls[opened[0]][0]
    before = [call for at, call in calls[:opened[0]] if at == pid]
    assert any(call.startswith('setresuid(61001, 61001, 61001)')
               and call.endswith('= 0') for call in before)
    assert any('setgroups(0' in call for call in before)
    # The host key had not been read then.
    assert not [call for _, call in calls[:opened[0]] if 'host.key' in call]


def under_strace(host, *words):
    """The wrapper is preloaded into the program alone."""
    return ['env', f'LD_PRELOAD={host.environment()["LD_PRELOAD"]}',
            str(ADMIN), '--config', str(host.conf), *words]


# users.oath


@pytest.fixture
def oath(host):
    return put(host.path / 'users.oath', f'''# the users
HOTP/T30 alice - {HEX}
HOTP/T60/8\tbob\t1234\t{HEX[:20]}\t0\t12345678\t2009-12-07T23:23:49L
HOTP carol - {HEX} 5
HOTP/T30 alice - {HEX}
HOTP/T30 mallory - {HEX}
HOTP/T30 dave - 00
''')


def test_oath_is_taken_line_by_line(host, oath):
    done = host.run('--json', 'import', 'oath', oath, '--write')
    assert done.returncode == 65
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(row['line'], row['user'], row['result']) for row in told] == [
        (2, 'alice', 'taken'), (3, 'bob', 'taken'),
        (4, 'carol', 'not-taken'), (5, 'alice', 'not-taken'),
        (6, 'mallory', 'no-account'), (7, 'dave', 'broken')]
    assert any('PIN' in note for note in told[1]['notes'])
    assert any('weak' in note for note in told[1]['notes'])
    assert 'counter' in told[2]['notes'][0]
    bob = host.json('status', 'bob')
    assert (bob['app']['digits'], bob['app']['period']) == (8, 60)
    assert HEX not in done.stdout and '1234"' not in done.stdout
    # Again: nothing is done twice.
    before = host.record(61001).read_bytes()
    done = host.run('import', 'oath', oath, '--write')
    assert f'{oath}:2: alice: is enrolled already' in done.stderr
    assert host.record(61001).read_bytes() == before


def test_oath_without_fault_is_0(host):
    path = put(host.path / 'users.oath', f'HOTP/T30/7 alice + {HEX}\n')
    out = host.ok('import', 'oath', path)
    assert out.startswith('alice: would be taken over: app code of 7 digits')
    assert host.run('status', 'alice').returncode == 1
    assert 'In each case the old file still holds the secret' in \
        host.ok('import', 'oath', path, '--write')
    host.ok('import', 'oath', put(host.path / 'none', '# nobody\n'))


def test_oath_counter_alone_is_1(host):
    path = put(host.path / 'users.oath', f'HOTP/E/6 alice - {HEX} 0\n')
    done = host.run('import', 'oath', path, '--write')
    assert done.returncode == 1 and f'{path}:1: alice: ' in done.stderr
