# SPDX-License-Identifier: BSD-3-Clause
"""The filters of xsuite-admin list."""

import json
import subprocess

import pytest

from world import spoil


@pytest.fixture
def crowd(host):
    """alice has all there is here, bob an invitation, carol nothing."""
    host.ok('enrol', 'alice')
    assert host.run('backup-code', 'bob').returncode == 0
    return host


def listed(host, *filters):
    return [json.loads(line)['user']
            for line in host.ok('--json', 'list', *filters).splitlines()]


@pytest.mark.parametrize('method, users', [
    ('app', ['alice']), ('sms', []), ('backup', ['alice', 'bob'])])
def test_method_lists_who_has_it(crowd, method, users):
    assert listed(crowd, '--method', method) == users


def test_locked_lists_who_has_a_method_that_is_off(crowd):
    assert listed(crowd, '--locked') == []
    crowd.ok('disable', 'alice', 'app')
    assert listed(crowd, '--locked') == ['alice']
    assert 'app switched off' in crowd.ok('list', '--locked')
    assert listed(crowd, '--locked', '--method', 'sms') == []


def test_older_than_leaves_out_what_is_new(crowd):
    assert listed(crowd, '--older-than', '1d') == []


def groups(host, *lines):
    (host.path / 'group').write_text('\n'.join(lines) + '\n')


def test_not_enrolled_lists_members_without_a_record(crowd):
    groups(crowd, 'staff:x:50:alice,carol,mallory', 'users:x:61003:bob')
    assert crowd.json('list', '--not-enrolled', 'staff') == {
        'user': 'carol', 'uid': 61003, 'enrolled': False}
    assert crowd.ok('list', '--not-enrolled', 'users').split() == [
        'carol', '61003', 'not', 'enrolled']


def test_not_enrolled_lists_nobody_twice(crowd):
    groups(crowd, 'users:x:61003:carol')
    assert listed(crowd, '--not-enrolled', 'users') == ['carol']


def test_not_enrolled_of_no_group_is_said(crowd):
    done = crowd.run('list', '--not-enrolled', 'nogroup')
    assert (done.returncode, done.stdout) == (67, '')
    assert done.stderr == 'xsuite-admin: group nogroup: there is none\n'


def test_not_enrolled_never_means_a_record_that_does_not_open(crowd):
    groups(crowd, 'staff:x:50:alice')
    spoil(crowd.record(61001))
    done = crowd.run('list', '--not-enrolled', 'staff')
    assert (done.returncode, done.stdout) == (74, '')
    assert 'alice' in done.stderr


@pytest.mark.parametrize('words', [
    ['alice'], ['--method'], ['--method', 'phone'], ['--method', ''],
    ['--older-than', 'x'], ['--older-than', '0'], ['--older-than'],
    ['--not-enrolled'], ['--not-enrolled', 'staff', '--locked'],
    ['--not-enrolled', 'staff', '--method', 'app'], ['--all']])
def test_wrong_words_are_64(crowd, words):
    done = crowd.run('list', *words)
    assert (done.returncode, done.stdout) == (64, '')


def test_reader_that_goes_away_ends_it(crowd):
    with subprocess.Popen(['true'], stdin=subprocess.PIPE) as reader:
        reader.wait()
        done = crowd.run('list', capture_output=False, stdout=reader.stdin,
                         stderr=subprocess.PIPE)
    assert done.returncode != 0
