# SPDX-License-Identifier: BSD-3-Clause
"""Logging in under profile = nist: backup codes of 64 bits and more."""

import re

import pytest

from host import password
from terminal import shown_code
from words import APP, PASSWORD

NIST = 'profile = nist\nnotify_command = /bin/true\n'
LONG = re.compile(r'(\d{4} ){4}\d{4}')
COMMAND = 'echo IN:$((40+2)) ${XSUITE_METHOD:-none}'


def by_backup(host, daemon, code):
    t = host.ssh(daemon, 'alice', COMMAND)
    t.asked(PASSWORD)
    t.type(password('alice'))
    t.asked(APP)
    t.type(code)
    new = shown_code(t.sees('you have saved it: ')[0])
    t.type(new)
    assert t.ended() == ('IN:42 backup\n', 0)
    return new


def test_long_code_lets_in_and_brings_a_long_one(host):
    host.config(NIST)
    host.stack('sshd')
    alice = host.enrol('alice')
    assert LONG.fullmatch(alice.backup)
    daemon = host.sshd()
    new = by_backup(host, daemon, alice.backup.replace(' ', ''))
    assert LONG.fullmatch(new) and new != alice.backup
    assert LONG.fullmatch(by_backup(host, daemon, new))


def test_short_code_from_before_brings_a_long_one(host):
    host.stack('sshd')
    alice = host.enrol('alice')
    assert not LONG.fullmatch(alice.backup)
    host.config(NIST)
    daemon = host.sshd()
    new = by_backup(host, daemon, alice.backup)
    assert LONG.fullmatch(new)
    assert LONG.fullmatch(by_backup(host, daemon, new))


@pytest.mark.parametrize('argument', ['remember=1d', 'backup_format=digits:8'])
def test_line_that_contradicts_refuses(host, argument):
    host.config(NIST)
    alice = host.enrol('alice')
    host.stack('test', argument, password_line=False, account=False)
    talk = host.drive('alice', alice.code())
    assert talk.result == 'PAM_SERVICE_ERR' and not talk.said
    assert argument.split('=')[0] in host.log.wait('profile = nist')
