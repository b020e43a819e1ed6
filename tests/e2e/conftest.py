# SPDX-License-Identifier: BSD-3-Clause
"""The session's private host, and what every test is held to."""

import os
import signal
import tempfile

import pytest

import logbook
import namespace
from fleet import Fleet
from host import ADMIN, DRIVER, MODULE, XSUITE, Host

TEST_SECONDS = int(os.environ.get('XS_TEST_SECONDS', '600'))
LOG_SHOWN = 40


def pytest_collection_modifyitems(items):
    reason = namespace.available() if items else None
    if reason:
        for item in items:
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope='session')
def machine():
    for path in (MODULE, ADMIN, XSUITE, DRIVER):
        assert path.exists(), f'{path} is not built'
    work = tempfile.mkdtemp(prefix='xs-e2e-', dir='/tmp')
    os.chmod(work, 0o755)
    yield Host(work)
    namespace.detach(work)
    os.rmdir(work)


def _too_long(*_):
    raise TimeoutError(f'the test took more than {TEST_SECONDS} seconds')


@pytest.fixture
def host(machine, request):
    """A host without records. Whatever the test does: nothing that was typed
    or shown as a secret may stand in the log afterwards."""
    machine.reset()
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(TEST_SECONDS)
    yield machine
    signal.alarm(0)
    lines = machine.log.lines()
    transcripts = machine.transcripts()
    machine.end()
    report = getattr(request.node, 'report', None)
    if report is not None and report.failed:
        print('log:', *lines[-LOG_SHOWN:], *transcripts, sep='\n')
    assert not logbook.leaked(lines, machine.secrets)


@pytest.fixture(scope='session')
def two_hosts(machine):
    # They are made from what is in /etc: not what the last test left there.
    machine.reset()
    made = Fleet(machine)
    yield made
    made.close()


@pytest.fixture
def fleet(machine, two_hosts, request):
    """Two hosts and an empty database that they share. Whatever the test
    does: no secret may stand in their logs or in the servers' afterwards."""
    del machine.secrets[:]
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(TEST_SECONDS)
    try:
        two_hosts.begin()
        yield two_hosts
        signal.alarm(0)
        lines = two_hosts.lines()
    finally:
        signal.alarm(0)
        two_hosts.end()
    report = getattr(request.node, 'report', None)
    if report is not None and report.failed:
        print('log:', *lines[-LOG_SHOWN:], sep='\n')
    assert not logbook.leaked(lines, machine.secrets)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    if call.when == 'call':
        item.report = outcome.get_result()
