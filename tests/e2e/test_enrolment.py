# SPDX-License-Identifier: BSD-3-Clause
"""What enrolment hands out, and what becomes of the former phone."""

import subprocess

import pytest

import totp


@pytest.fixture
def alice(host):
    host.stack('test', password_line=False, account=False)
    return host.enrol('alice')


def test_uri_is_what_an_app_reads(host, alice):
    label, parameters = totp.parse_uri(alice.uri)
    assert label == f'{parameters["issuer"]}:alice'
    assert parameters['secret'] == alice.secret
    assert parameters.get('digits', '6') == '6'
    assert parameters.get('period', '30') == '30'
    assert parameters.get('algorithm', 'SHA1') == 'SHA1'


def test_code_of_oathtool_lets_in(host, alice):
    done = subprocess.run(
        ['oathtool', '--totp', '-b', '-'], input=alice.secret, check=True,
        capture_output=True, text=True)
    assert host.drive('alice', done.stdout.strip()).let_in


def test_replaced_phone_and_paper_are_worth_nothing(host, alice):
    new = host.enrol('alice', '--replace')
    talk = host.drive('alice', alice.code(), alice.backup, '@new')
    assert not talk.let_in
    assert not [text for text in talk.texts if 'new backup code' in text]
    assert host.drive('alice', new.backup, '@new').let_in
    assert host.drive('alice', new.code()).let_in


def test_second_enrolment_needs_the_word(host, alice):
    done = host.admin('--json', 'enrol', 'alice', check=False)
    assert done.returncode == 1 and not done.stdout
    assert host.drive('alice', alice.code()).let_in


def test_code_of_one_user_is_not_that_of_another(host, alice):
    bob = host.enrol('bob')
    assert not host.drive('bob', alice.code(), alice.backup).let_in
    assert host.drive('bob', bob.code()).let_in


def test_removed_record_asks_no_more(host, alice):
    host.admin('remove', 'alice')
    talk = host.drive('alice')
    assert talk.let_in and not talk.said
