# SPDX-License-Identifier: BSD-3-Clause
"""Who is asked, and for what."""

import pytest

from words import APP_ALONE


@pytest.fixture
def alice(host):
    return host.enrol('alice')


def stack(host, *arguments):
    host.stack('test', *arguments, password_line=False, account=False)


def test_one_method_names_no_other(host, alice):
    stack(host, 'methods=app')
    talk = host.drive('alice', alice.backup, '', alice.code())
    assert talk.let_in
    assert talk.prompts[0] == APP_ALONE
    assert all(text.endswith(APP_ALONE) for text in talk.prompts)


def test_backup_code_alone(host, alice):
    stack(host, 'methods=backup')
    talk = host.drive('alice', alice.code(), alice.backup, '@new')
    assert talk.let_in and talk.method == 'backup'
    assert talk.prompts[0] == 'Backup code: '


def test_no_method_left_refuses(host, alice):
    """A record without a usable method is a refusal, not "no record"."""
    stack(host, 'methods=sms', 'not_enrolled=pass')
    talk = host.drive('alice', alice.code())
    assert not talk.let_in and not talk.prompts
