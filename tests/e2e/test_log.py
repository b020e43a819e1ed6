# SPDX-License-Identifier: BSD-3-Clause
"""What the log holds, at which priority, and that nothing secret is in it."""

import pytest

from host import KEY
from logbook import leaked

AUTHPRIV = 10 << 3
ALERT, ERROR, NOTICE, INFO = 1, 3, 5, 6


@pytest.fixture
def alice(host):
    host.stack('test', password_line=False, account=False)
    return host.enrol('alice')


def said(host):
    """(priority, first words) of each line of the module."""
    return [(int(line[1:].split('>')[0]) - AUTHPRIV,
             line.split('): ', 1)[1]) for line in host.log.lines()
            if 'pam_xsuite(' in line]


def test_priority_is_that_of_the_event(host, alice):
    host.drive('alice', alice.wrong(), alice.code())
    assert [priority for priority, _ in said(host)] == [NOTICE, INFO]
    host.log.clear()
    host.drive('alice')
    assert [priority for priority, _ in said(host)] == [NOTICE]
    host.log.clear()
    host.config('tries = 99\n')
    host.drive('alice')
    assert [priority for priority, _ in said(host)] == [ERROR]
    host.log.clear()
    host.config('')
    host.record('alice').chmod(0o666)
    host.drive('alice', alice.code())
    host.record('alice').chmod(0o600)
    KEY.unlink()
    host.drive('alice', alice.code())
    assert [priority for priority, _ in said(host)] == [ALERT] * 2


@pytest.mark.parametrize('text', [
    'pam_xsuite(sshd:auth): refused typed=492039',
    'sudo: 12345678', 'x key=JBSWY3DPEHPK3PXP', 'x 1234-5678'])
def test_every_test_here_sees_a_secret_in_the_log(text):
    """The fixture host looks for all that was typed or shown as a secret."""
    line = f'<85>Nov 22 19:30:00 sshd[492039]: {text}'
    secrets = ['492039', '1234 5678', '1234-5678', 'JBSWY3DPEHPK3PXP']
    assert leaked([line], secrets) == [line]
    assert not leaked([line.replace(text, 'accepted user=alice pid=492039')],
                      secrets)
