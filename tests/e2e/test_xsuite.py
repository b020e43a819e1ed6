# SPDX-License-Identifier: BSD-3-Clause
"""The program xsuite, set-user-id root: everything but the settings."""

from host import password
from words import APP, PASSWORD

STUB = 'password required pam_permit.so'


def test_password_then_second_step(host):
    host.settings_stacks(STUB)
    alice = host.enrol('alice')
    t = host.xsuite('alice')
    t.asked(PASSWORD)
    t.type(password('alice'))
    t.asked(APP)
    t.type(alice.code())
    assert t.ended() == ('', 0)
