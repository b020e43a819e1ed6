# SPDX-License-Identifier: BSD-3-Clause
"""disable, app and default of xsuite-admin, as their caller sees them."""

import pytest

from world import spoil


@pytest.fixture
def alice(host):
    host.ok('enrol', 'alice')
    return host


def invited(host, name):
    assert host.run('backup-code', name).returncode == 0


def refused(host, code, *words):
    """Nothing was changed; what was said."""
    before = host.files()
    done = host.run(*words)
    assert (done.returncode, done.stdout) == (code, ''), done
    assert host.files() == before
    return done.stderr


# disable


def test_disable_switches_one_method_off_until_unlocked(alice):
    assert alice.json('disable', 'alice', 'app') == {
        'user': 'alice', 'disabled': 'app'}
    status = alice.json('status', 'alice')
    assert status['app']['disabled'] and not status['backup']['disabled']
    event = status['events'][0]
    assert event['event'] == 'app-disabled' and event['by']
    assert 'app switched off' in alice.ok('list')
    alice.ok('unlock', 'alice', 'app')
    assert not alice.json('status', 'alice')['app']['disabled']


def test_disable_of_the_last_way_in_says_so(alice):
    assert alice.run('disable', 'alice', 'app').stderr == ''
    done = alice.run('disable', 'alice', 'backup')
    assert done.returncode == 0
    assert 'alice has no other way in' in done.stderr
    assert 'xsuite-admin unlock alice' in done.stderr


def test_disable_of_what_is_not_there_is_1(alice):
    said = refused(alice, 1, 'disable', 'alice', 'sms')
    assert said == 'xsuite-admin: alice has no mobile number\n'


@pytest.mark.parametrize('words', [
    [], ['alice'], ['alice', 'all'], ['alice', 'App'], ['alice', ''],
    ['alice', 'app', 'sms'], ['--app', 'alice']])
def test_disable_with_wrong_words_is_64(alice, words):
    refused(alice, 64, 'disable', *words)


# app --remove


def test_app_is_removed_beside_a_backup_code(alice):
    alice.ok('default', 'alice', 'app')
    before = alice.json('status', 'alice')
    assert alice.json('app', 'alice', '--remove') == {
        'user': 'alice', 'removed': 'app'}
    status = alice.json('status', 'alice')
    assert status['app'] is None
    assert status['backup'] == before['backup']
    assert status['default'] == 'backup'
    assert status['events'][0]['event'] == 'app-removed'
    assert 'has no authenticator app' in refused(
        alice, 1, 'app', 'alice', '--remove')


def test_app_removal_forgets_that_it_was_switched_off(alice):
    alice.ok('disable', 'alice', 'app')
    alice.ok('app', 'alice', '--remove')
    assert 'switched off' not in alice.ok('list')


@pytest.mark.parametrize('spoiler', ['methods', 'disabled'])
def test_app_that_is_the_last_way_in_is_not_removed(alice, spoiler):
    if spoiler == 'methods':
        alice.options('methods = app,sms')
    else:
        alice.ok('disable', 'alice', 'backup')
    said = refused(alice, 1, 'app', 'alice', '--remove')
    for way in ('backup-code alice', 'disable alice app', 'remove alice'):
        assert way in said
    assert alice.json('status', 'alice')['app']


def test_app_goes_where_the_helpdesk_has_given_a_code(alice):
    alice.ok('backup-code', 'alice')
    alice.ok('app', 'alice', '--remove')


@pytest.mark.parametrize('words', [
    [], ['alice'], ['--remove'], ['alice', 'bob', '--remove'],
    ['alice', '--delete'], ['alice', '--remove=yes']])
def test_app_with_wrong_words_is_64(alice, words):
    refused(alice, 64, 'app', *words)


# default


def test_default_is_recorded(alice):
    assert alice.json('default', 'alice', 'app') == {
        'user': 'alice', 'default': 'app'}
    event = alice.json('status', 'alice')['events'][0]
    assert event['event'] == 'default-app' and event['by']


def test_default_that_the_user_does_not_have_is_1(alice):
    assert 'has no mobile number' in refused(
        alice, 1, 'default', 'alice', 'sms')
    invited(alice, 'bob')
    assert 'has no authenticator app' in refused(
        alice, 1, 'default', 'bob', 'app')


def test_default_that_is_not_offered_here_is_said(alice):
    alice.options('methods = backup')
    done = alice.run('default', 'alice', 'app')
    assert done.returncode == 0
    assert 'this host does not offer app' in done.stderr


@pytest.mark.parametrize('words', [
    [], ['alice'], ['alice', 'backup'], ['alice', 'none'],
    ['alice', 'app', 'sms']])
def test_default_with_wrong_words_is_64(alice, words):
    refused(alice, 64, 'default', *words)


# All of them


COMMANDS = pytest.mark.parametrize('command', [
    ['disable', 'USER', 'app'], ['app', 'USER', '--remove'],
    ['default', 'USER', 'app']], ids=lambda words: words[0])


def of(command, user):
    return [user if word == 'USER' else word for word in command]


@COMMANDS
def test_who_is_not_enrolled_is_1(alice, command):
    assert refused(alice, 1, *of(command, 'bob')) == \
        'xsuite-admin: bob is not enrolled\n'


@COMMANDS
def test_nobody_is_67(alice, command):
    refused(alice, 67, *of(command, 'mallory'))


@COMMANDS
def test_spoilt_record_is_left_alone(alice, command):
    spoil(alice.record(61001))
    refused(alice, 74, *of(command, 'alice'))


@COMMANDS
def test_record_of_another_is_left_alone(alice, command):
    alice.accounts(eve=61001)
    refused(alice, 65, *of(command, 'eve'))
