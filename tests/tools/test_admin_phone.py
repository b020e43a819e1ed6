# SPDX-License-Identifier: BSD-3-Clause
"""The mobile number: phone, and enrol --phone."""

import pytest

NUMBER = '+31612345678'
SHOWN = '+31 ******78'


@pytest.fixture
def dutch(host):
    host.options('country_code = 31')
    done = host.run('config')
    if done.returncode == 78:
        pytest.skip(done.stderr)
    host.ok('enrol', 'alice')
    return host


@pytest.mark.parametrize('typed', [
    NUMBER, '0612345678', '06-12 34 56 78', '0031612345678'])
def test_number_is_read_as_people_type_it(dutch, typed):
    done = dutch.run('--json', 'phone', 'alice', typed)
    assert done.returncode == 0
    assert SHOWN in done.stdout and '612345' not in done.stdout + done.stderr
    status = dutch.json('status', 'alice')
    assert status['phone'] == SHOWN and status['sms']['by']
    assert status['events'][0]['event'] == 'phone-set'


@pytest.mark.parametrize('typed', ['', '06', '+4915112345678', 'alice',
                                   '612345678', '+31(0)612345678', '+31'])
def test_number_that_may_not_be_texted_changes_nothing(dutch, typed):
    before = dutch.files()
    for words in (['phone', 'alice', typed],
                  ['enrol', 'alice', '--replace', '--phone', typed]):
        done = dutch.run(*words)
        assert (done.returncode, done.stdout) == (64, ''), words
    assert dutch.files() == before


def test_number_goes_and_the_rest_stays(dutch):
    dutch.run('phone', 'alice', NUMBER)
    dutch.run('default', 'alice', 'sms')
    before = dutch.json('status', 'alice')
    assert before['default'] == 'sms'
    assert dutch.json('phone', 'alice', '--remove') == {
        'user': 'alice', 'removed': 'sms'}
    after = dutch.json('status', 'alice')
    assert after['phone'] is after['sms'] is None
    assert after['default'] == 'app' and after['app'] == before['app']
    assert dutch.run('phone', 'alice', '--remove').returncode == 1


def test_new_enrolment_leaves_a_stolen_phone_switched_off(dutch):
    dutch.run('phone', 'alice', NUMBER)
    dutch.ok('disable', 'alice', 'sms')
    dutch.ok('enrol', 'alice', '--replace')
    assert dutch.json('status', 'alice')['sms']['disabled']
    dutch.ok('enrol', 'alice', '--replace', '--phone', '+31687654321')
    assert not dutch.json('status', 'alice')['sms']['disabled']


def test_number_of_a_new_enrolment(dutch):
    dutch.ok('enrol', 'bob', '--phone', NUMBER)
    assert dutch.json('status', 'bob')['phone'] == SHOWN
    dutch.ok('enrol', 'bob', '--replace')
    assert dutch.json('status', 'bob')['phone'] == SHOWN
    dutch.ok('enrol', 'bob', '--replace', '--phone', '+31687654321')
    assert dutch.json('status', 'bob')['phone'] == '+31 ******21'


@pytest.mark.parametrize('words', [
    [], ['alice'], ['--remove'], ['alice', NUMBER, '--remove'],
    ['alice', NUMBER, 'bob'], ['alice', '--delete']])
def test_wrong_words_are_64(host, words):
    host.ok('enrol', 'alice')
    before = host.files()
    done = host.run('phone', *words)
    assert (done.returncode, done.stdout) == (64, '')
    assert host.files() == before


def test_no_number_is_allowed_before_the_options_say_which(host):
    host.ok('enrol', 'alice')
    done = host.run('phone', 'alice', NUMBER)
    assert (done.returncode, done.stdout) == (64, '')
    assert 'sms_allow' in done.stderr
