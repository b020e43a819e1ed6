# SPDX-License-Identifier: BSD-3-Clause
"""xsuite-admin export, import record and restored: records that go to another
host, and a state that came back from a backup."""

import base64
import json
import shutil

import pytest

from world import World, spoil

BEGIN = '-----BEGIN XSUITE RECORD-----\n'
END = '-----END XSUITE RECORD-----\n'


@pytest.fixture
def hosts(tmp_path):
    """Two hosts with one key; alice has another uid on the second."""
    made = []
    for name in ('one', 'two'):
        (tmp_path / name).mkdir()
        made.append(World(tmp_path / name))
    one, two = made
    one.ok('init')
    two.key.parent.mkdir(0o755)
    shutil.copy2(one.key, two.key)
    two.ok('init')
    two.accounts(alice=62001, bob=62002)
    return one, two


def take(host, text, *words):
    return host.run('import', 'record', *words, input=text)


def test_record_goes_to_another_host(hosts):
    one, two = hosts
    answer = one.json('enrol', 'alice')
    text = one.ok('export', 'alice')
    assert text.startswith(BEGIN) and text.endswith(END)
    assert max(map(len, text.splitlines())) <= 64
    for secret in (answer['secret'], 'alice', *answer['backup_codes']):
        assert secret not in text
    before = two.files()
    done = take(two, text)
    assert done.returncode == 0 and 'would be taken over' in done.stdout
    assert two.files() == before
    done = take(two, text, '--write')
    assert (done.returncode, done.stdout) == (0, 'alice: taken over\n')
    mine, theirs = one.json('status', 'alice'), two.json('status', 'alice')
    assert (mine['uid'], theirs['uid']) == (61001, 62001)
    assert theirs['events'][0]['event'] == 'imported'
    assert (mine['app'], mine['backup']) == (theirs['app'], theirs['backup'])


def test_export_twice_is_never_the_same(hosts):
    one, _ = hosts
    one.ok('enrol', 'alice')
    assert one.ok('export', 'alice') != one.ok('export', 'alice')


def test_export_changes_nothing(hosts):
    one, _ = hosts
    one.ok('enrol', 'alice')
    before = one.files()
    one.ok('export', 'alice')
    assert one.files() == before


def test_json_goes_the_same_way(hosts):
    one, two = hosts
    one.ok('enrol', 'alice')
    record = one.json('export', 'alice')
    assert record['user'] == 'alice'
    done = two.run('--json', 'import', 'record', '--write',
                   input=record['record'])
    assert json.loads(done.stdout) == {'user': 'alice', 'result': 'taken'}


def test_enrolled_user_is_left_alone(hosts):
    one, two = hosts
    one.ok('enrol', 'alice')
    two.ok('enrol', 'alice')
    before = two.record(62001).read_bytes()
    done = take(two, one.ok('export', 'alice'), '--write')
    assert done.returncode == 1 and 'left alone' in done.stderr
    assert two.record(62001).read_bytes() == before


def test_who_is_no_account_is_67(hosts):
    one, two = hosts
    one.ok('enrol', 'carol')
    assert take(two, one.ok('export', 'carol'), '--write').returncode == 67


def test_export_of_who_is_not_enrolled_is_1(hosts):
    done = hosts[0].run('export', 'alice')
    assert (done.returncode, done.stdout) == (1, '')


def test_other_key_opens_nothing(hosts, tmp_path):
    one, two = hosts
    one.ok('enrol', 'alice')
    text = one.ok('export', 'alice')
    (tmp_path / 'three').mkdir()
    three = World(tmp_path / 'three')
    three.ok('init')
    assert take(three, text, '--write').returncode == 65
    two.ok('rekey')
    done = take(two, text, '--write')
    assert done.returncode == 65 and 'lacks' in done.stderr
    assert two.ok('list') == ''


def test_changed_record_is_refused(hosts):
    one, two = hosts
    one.ok('enrol', 'alice')
    text = one.ok('export', 'alice')
    body = text[len(BEGIN):-len(END)]
    for broken in ('', 'rubbish', BEGIN, BEGIN + END, BEGIN + body,
                   BEGIN + body[4:] + END, BEGIN + body[:-9] + END,
                   BEGIN + body.swapcase() + END,
                   BEGIN + body.replace('A', 'B') + END,
                   BEGIN + body + body + END, '\0' + text, 'A' * 100000,
                   BEGIN + '!' * 400 + END):
        done = take(two, broken, '--write')
        assert (done.returncode, done.stdout) == (65, ''), broken[:80]
    assert two.ok('list') == ''


def test_record_of_the_disk_is_no_export(hosts):
    one, two = hosts
    one.ok('enrol', 'alice')
    slot = one.record(61001).read_bytes()[:8192].rstrip(b'\0')
    done = take(two, base64.b64encode(slot).decode(), '--write')
    assert done.returncode == 65


# restored


def test_restored_takes_backup_codes_out_of_use(host):
    host.ok('enrol', 'alice')
    host.ok('enrol', 'bob')
    host.ok('backup-code', 'bob')
    assert host.run('backup-code', 'carol').returncode == 0
    saved = host.path / 'saved'
    shutil.copytree(host.state, saved)
    shutil.rmtree(host.state)
    shutil.copytree(saved, host.state)
    assert host.json('restored') == {
        'records': 3, 'failed': 0, 'without_method': ['carol']}
    for name in ('alice', 'bob'):
        status = host.json('status', name)
        assert status['backup'] is None and status['app'] is not None
        assert status['events'][0]['event'] == 'restored'
    assert 'carol has no other method' in host.ok('restored')
    assert host.run('backup-code', 'carol').returncode == 0


def test_restored_goes_on_past_a_spoilt_record(host):
    for name in ('alice', 'bob', 'carol'):
        host.ok('enrol', name)
    spoil(host.record(61002))
    done = host.run('--json', 'restored')
    assert done.returncode == 74 and 'uid 61002' in done.stderr
    assert json.loads(done.stdout)['records'] == 2
    for name in ('alice', 'carol'):
        assert host.json('status', name)['backup'] is None


def test_restored_of_nobody(host):
    assert host.json('restored')['records'] == 0
    assert host.run('restored', 'alice').returncode == 64
