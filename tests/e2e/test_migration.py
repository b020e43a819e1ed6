# SPDX-License-Identifier: BSD-3-Clause
"""People who come from another module: real enrolments, judged by the
module they come from and by ours."""

import json
import os
import pathlib
import subprocess

import pytest

import driver
import totp
from host import ADMIN, DRIVER, ENVIRONMENT, STATE
from words import NOT_RIGHT, USED

SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
HEX = '3132333435363738393031323334353637383930'


@pytest.fixture
def peer(host):
    """Asks the peer's own module whether it takes a code."""
    host.stack('test', password_line=False, account=False)

    def takes(user, code, line):
        pathlib.Path('/etc/pam.d/peer').write_text(f'auth required {line}\n')
        done, talks = driver.run(
            DRIVER, '/etc/pam.d', ['--service', 'peer'],
            [driver.person(user, [code])])
        assert done.returncode == 0, done
        return talks[0].result == 'PAM_SUCCESS'
    return takes


class Google:
    """A user's own run of google-authenticator."""

    def __init__(self, host, user, *options):
        home = host.work / 'home' / str(host.uids[user])
        self.path = home / '.google_authenticator'
        self.path.unlink(missing_ok=True)
        subprocess.run(
            host.as_user(user, 'google-authenticator', '-t', '-f', '-C', '-q',
                         '-Q', 'NONE', '-u', '-w', '3', '-e', '5', *options),
            env={**ENVIRONMENT, 'HOME': str(home)}, check=True, cwd=home,
            stdin=subprocess.DEVNULL, timeout=60)
        lines = self.path.read_text().splitlines()
        self.secret = lines[0]
        self.scratch = [line for line in lines if line.isdigit()]
        host.secrets += [self.secret, *self.scratch]

    def code(self):
        return totp.code(self.secret, totp.step())


def import_all(host):
    done = host.admin('--json', 'import', 'google', '--all', '--write')
    return {row['user']: row for row in map(json.loads,
                                            done.stdout.splitlines())}


GOOGLE = 'pam_google_authenticator.so'


def test_google_entry_goes_on_working(host, peer):
    alice = Google(host, 'alice', '-d')
    row = import_all(host)['alice']
    assert (row['result'], row['backup_codes']) == ('taken', 5)
    code = alice.code()
    assert peer('alice', code, GOOGLE)
    talk = host.drive('alice', code)
    assert (talk.result, talk.method) == ('PAM_SUCCESS', 'app')
    talk = host.drive('alice', code)
    assert not talk.let_in and talk.prompts[1].startswith(USED)


def test_google_scratch_code_works_once(host, peer):
    alice = Google(host, 'alice', '-d')
    import_all(host)
    assert len(alice.scratch) == 5
    for code in alice.scratch[:2]:
        talk = host.drive('alice', code)
        assert (talk.result, talk.method) == ('PAM_SUCCESS', 'backup')
        talk = host.drive('alice', code)
        assert not talk.let_in and NOT_RIGHT in talk.prompts[1]
    assert host.status('alice')['backup']['left'] == 3
    # The peer had no part in it: its own copy is as it was.
    assert peer('alice', alice.scratch[0], GOOGLE)


def test_google_last_scratch_code_brings_a_new_set(host, peer):
    alice = Google(host, 'alice', '-d')
    import_all(host)
    for code in alice.scratch[:4]:
        assert host.drive('alice', code).let_in
    talk = host.drive('alice', alice.scratch[4], '@new')
    assert talk.let_in
    assert host.drive('alice', talk.new_code(), '@new').let_in


def test_google_code_used_before_stays_dead(host, peer):
    alice = Google(host, 'alice', '-d')
    code = alice.code()
    assert peer('alice', code, GOOGLE)
    import_all(host)
    talk = host.drive('alice', code)
    assert not talk.let_in and talk.prompts[1].startswith(USED)


def test_google_code_that_may_have_been_used_is_dead(host, peer):
    """Without -d the file does not tell which codes were used."""
    alice = Google(host, 'alice', '-D')
    code = alice.code()
    assert peer('alice', code, GOOGLE)
    import_all(host)
    talk = host.drive('alice', code)
    assert not talk.let_in and talk.prompts[1].startswith(USED)


def test_google_files_stay_as_they_are(host, peer):
    alice = Google(host, 'alice', '-d')
    before = alice.path.read_bytes(), os.lstat(alice.path)
    import_all(host)
    assert (alice.path.read_bytes(), os.lstat(alice.path)) == before


@pytest.fixture
def users(host):
    """A users file with what its module writes into it."""
    path = host.work / 'users.oath'
    path.write_text(f'HOTP/T30\talice\t-\t{HEX}\n'
                    f'HOTP/T60/8\tbob\t-\t{HEX}\n'
                    f'HOTP/E/6\tcarol\t-\t{HEX}\n')
    path.chmod(0o600)
    return path


def import_oath(host, path):
    done = host.admin('--json', 'import', 'oath', path, '--write',
                      check=False)
    assert done.returncode == 1, done
    return {row['user']: row['result'] for row in map(
        json.loads, done.stdout.splitlines())}


def code_of(user):
    if user == 'alice':
        return totp.code(SECRET, totp.step())
    return totp.code(SECRET, totp.step() // 2, 8)


@pytest.mark.parametrize('user', ['alice', 'bob'])
def test_oath_entry_goes_on_working(host, peer, users, user):
    assert import_oath(host, users) == {
        'alice': 'taken', 'bob': 'taken', 'carol': 'not-taken'}
    code = code_of(user)
    assert peer(user, code, f'pam_oath.so usersfile={users} window=5')
    talk = host.drive(user, code)
    assert (talk.result, talk.method) == ('PAM_SUCCESS', 'app')
    assert not host.drive(user, code).let_in
    assert not (STATE / 'users' / str(host.uids['carol'])).exists()


@pytest.mark.parametrize('user', ['alice', 'bob'])
def test_oath_code_used_before_stays_dead(host, peer, users, user):
    code = code_of(user)
    assert peer(user, code, f'pam_oath.so usersfile={users} window=5')
    assert code in users.read_text()
    import_oath(host, users)
    talk = host.drive(user, code)
    assert not talk.let_in and talk.prompts[1].startswith(USED)


def test_restored_kills_what_may_have_been_used(host):
    """The codes of before the backup came back, and of this moment."""
    host.stack('test', password_line=False, account=False)
    alice = host.enrol('alice')
    saved = host.record('alice').read_bytes()
    code, ahead = alice.code(), alice.code(1)
    assert host.drive('alice', code).let_in
    assert host.drive('alice', alice.backup, '@new').let_in
    with open(host.record('alice'), 'r+b') as record:
        record.write(saved)
    host.admin('restored')
    for used in (code, ahead):
        talk = host.drive('alice', used)
        assert not talk.let_in and talk.prompts[1].startswith('That code')
    assert not host.drive('alice', alice.backup, '@new').let_in
    assert host.status('alice')['backup'] is None
    assert any('restored user=- by=' in line and 'records=1' in line
               for line in host.log.lines())


def test_exported_user_logs_in_on_the_other_host(host):
    host.stack('test', password_line=False, account=False)
    alice = host.enrol('alice')
    text = host.admin('export', 'alice').stdout
    host.admin('remove', 'alice')
    done = subprocess.run([ADMIN, 'import', 'record', '--write'], input=text,
                          text=True, capture_output=True, env=ENVIRONMENT,
                          check=False, timeout=60)
    assert done.returncode == 0, done
    talk = host.drive('alice', alice.code())
    assert (talk.result, talk.method) == ('PAM_SUCCESS', 'app')
    assert host.drive('alice', alice.backup, '@new').let_in
