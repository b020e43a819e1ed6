# SPDX-License-Identifier: BSD-3-Clause
"""profile = nist: what it sets, what contradicts it, and what it leaves
behind of codes that are too short for it."""

import json
import re
import shutil

import pytest

from test_import import GOOGLE, put
from world import World

LONG = re.compile(r'(\d{4} ){4}\d{4}')
SHORT = 'too short for profile = nist'
NOTIFY = 'notify_command = /bin/true'
PEOPLE = {'alice': 61001, 'bob': 61002, 'xsuite-sms': 61009}


@pytest.fixture
def host(world):
    """Notices run as an account of their own."""
    world.accounts(**PEOPLE)
    world.ok('init')
    return world


@pytest.fixture
def nist(host):
    host.options('profile = nist', NOTIFY)
    return host


def test_backup_codes_get_their_bits_unasked(nist):
    codes = nist.json('enrol', 'alice')['backup_codes']
    assert len(codes) == 1 and LONG.fullmatch(codes[0])


def test_helpdesk_code_is_as_long(nist):
    nist.ok('enrol', 'alice')
    code = nist.json('backup-code', 'alice')['backup_codes'][0]
    assert LONG.fullmatch(code)
    # And an invitation, which is all that its owner has.
    done = nist.run('--json', 'backup-code', 'bob')
    assert LONG.fullmatch(json.loads(done.stdout)['backup_codes'][0])


def test_config_tells_whose_value_it_is(nist):
    told = nist.json('config')
    assert told['backup_format'] == 'digits:20'
    assert told['origins']['backup_format'] == 'profile'
    assert '# profile\nbackup_format = digits:20\n' in nist.ok('config')
    nist.options('profile = nist', NOTIFY, 'backup_format = base32:13')
    told = nist.json('config')
    assert told['backup_format'] == 'base32:13'
    assert told['origins']['backup_format'] == f'{nist.conf}:8'
    assert re.fullmatch(r'(\w{4} ){3}\w',
                        nist.json('enrol', 'alice')['backup_codes'][0])


def test_output_of_config_is_taken_again(nist):
    before = nist.json('config')
    nist.conf.write_text(nist.ok('config'))
    after = nist.json('config')
    del before['origins'], after['origins']
    assert before == after


@pytest.mark.parametrize('line, key', [
    ('backup_format = digits:8', 'backup_format'),
    ('backup_format = digits:16', 'backup_format'),
    ('remember = 1s', 'remember')])
def test_option_that_contradicts_is_named_with_its_line(nist, line, key):
    nist.options('profile = nist', NOTIFY, line)
    done = nist.run('config')
    assert (done.returncode, done.stdout) == (78, '')
    assert f'{nist.conf}:8: {key}: ' in done.stderr
    assert 'profile = nist' in done.stderr


def test_notices_are_required(host):
    host.options('profile = nist')
    done = host.run('status')
    assert done.returncode == 78
    assert f'{host.conf}:6: profile: "nist"' in done.stderr
    assert 'notify_command = none' in done.stderr


@pytest.mark.parametrize('words', [[], ['--write']])
def test_scratch_codes_are_left_behind(nist, words):
    google = put(nist.path / 'google', GOOGLE)
    done = nist.run('import', 'google', google, '--user', 'alice', *words)
    assert (done.returncode, done.stderr) == (0, '')
    assert 'scratch codes of 8 digits are ' + SHORT in done.stdout
    assert '2 scratch codes' not in done.stdout
    if words:
        status = nist.json('status', 'alice')
        assert status['app'] and status['backup'] is None


def test_json_says_what_is_left_behind(nist):
    google = put(nist.path / 'google', GOOGLE)
    row = json.loads(nist.run('--json', 'import', 'google', google, '--user',
                              'alice', '--write').stdout)
    assert row['result'] == 'taken' and row['backup_codes'] == 0
    assert any(SHORT in note for note in row['notes'])


@pytest.fixture
def strict(host, tmp_path):
    """Another host with the same key, under the profile."""
    (tmp_path / 'strict').mkdir()
    two = World(tmp_path / 'strict')
    two.accounts(**PEOPLE)
    two.key.parent.mkdir(0o755)
    shutil.copy2(host.key, two.key)
    two.options('profile = nist', NOTIFY)
    two.ok('init')
    return two


def take(host, text, *words):
    done = host.run(*words, 'import', 'record', '--write', input=text)
    assert (done.returncode, done.stderr) == (0, '')
    return done.stdout


def test_short_codes_of_a_record_are_left_behind(host, strict):
    host.ok('enrol', 'alice')
    host.run('backup-code', 'alice')
    assert SHORT in take(strict, host.ok('export', 'alice'))
    status = strict.json('status', 'alice')
    assert status['app'] and status['backup'] is None
    assert status['helpdesk'] is None


def test_long_codes_of_a_record_are_taken(host, strict):
    host.options('backup_format = digits:20')
    host.ok('enrol', 'alice')
    host.options()
    host.run('backup-code', 'alice')  # short, beside a long one
    answer = json.loads(take(strict, host.ok('export', 'alice'), '--json'))
    assert answer['result'] == 'taken' and SHORT in answer['notes'][0]
    status = strict.json('status', 'alice')
    assert status['backup']['left'] == 1 and status['helpdesk'] is None


def test_record_with_long_codes_alone_is_taken_whole(host, strict):
    host.options('backup_format = base32:16', 'backup_codes = 3')
    host.ok('enrol', 'alice')
    assert take(strict, host.ok('export', 'alice')) == 'alice: taken over\n'
    assert strict.json('status', 'alice')['backup']['left'] == 3


def test_check_names_who_has_a_short_one(host):
    host.ok('enrol', 'alice')
    assert SHORT not in host.run('check').stdout
    host.options('profile = nist', NOTIFY)
    host.ok('enrol', 'bob')
    told = host.run('check').stdout
    assert f'alice has a backup code that is {SHORT}' in told
    assert 'xsuite backup' in told and 'bob has' not in told
