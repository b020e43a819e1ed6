# SPDX-License-Identifier: BSD-3-Clause
"""Which commands set the latest time that a record has seen to the clock: the
cure for one that was written while the clock was ahead."""

import datetime
import subprocess

import pytest

from world import ADMIN


def rfc3339(days):
    then = (datetime.datetime.now(datetime.timezone.utc)
            + datetime.timedelta(days=days))
    return then.strftime('%Y-%m-%dT%H:%M:%SZ')


def enrol_ahead(host):
    subprocess.run(
        ['faketime', '-f', '+100d', ADMIN, '--config', host.conf, 'enrol',
         'alice'], check=True, capture_output=True, timeout=60,
        env=host.environment())
    assert host.json('status', 'alice')['latest_time_seen'] > rfc3339(99)


@pytest.mark.parametrize('words', [
    ('enrol', 'alice', '--replace'), ('unlock', 'alice'),
    ('unlock', 'alice', 'app'), ('backup-code', 'alice'), ('restored',)])
def test_command_sets_it_to_the_clock(host, words):
    enrol_ahead(host)
    before = rfc3339(0)
    host.ok(*words)
    after = host.json('status', 'alice')['latest_time_seen']
    assert before <= after <= rfc3339(0)


def test_enrolment_is_seen(host):
    before = rfc3339(0)
    host.ok('enrol', 'alice')
    assert before <= host.json('status', 'alice')['latest_time_seen']


def test_other_changes_leave_it(host):
    enrol_ahead(host)
    host.ok('disable', 'alice', 'backup')
    assert host.json('status', 'alice')['latest_time_seen'] > rfc3339(99)
