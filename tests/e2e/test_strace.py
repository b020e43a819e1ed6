# SPDX-License-Identifier: BSD-3-Clause
"""What a login asks of the kernel."""

import re

import pytest

CALLS = ('openat,open,creat,write,pwrite64,pwritev,pwritev2,writev,rename,'
         'renameat,renameat2,fork,vfork,clone,clone3,fsync,fdatasync,sync,'
         'syncfs,sync_file_range,execve,execveat,unlink,unlinkat,link,linkat,'
         'ftruncate,truncate,close')
NEVER = ('rename', 'renameat', 'renameat2', 'fork', 'vfork', 'clone',
         'clone3', 'fsync', 'fdatasync', 'sync', 'syncfs', 'sync_file_range',
         'execve', 'execveat', 'unlink', 'unlinkat', 'link', 'linkat',
         'ftruncate', 'truncate')


@pytest.fixture
def traced(host):
    """Drives a login; returns the talk, and the calls as (name, line)."""
    host.stack('test', password_line=False, account=False)

    def drive(*answers):
        path = host.work / 'trace'
        talk = host.drive('alice', *answers, wrap=(
            'strace', '-f', '-y', '-s', '16', '-o', path, '-e',
            f'trace={CALLS}'))
        lines = path.read_text(errors='replace').splitlines()
        calls = [(m.group(1), line) for line in lines
                 if (m := re.match(r'\d+ +(\w+)\(', line))]
        # The first is strace's own start of the driver.
        assert calls[0][0] == 'execve'
        return talk, calls[1:]
    return drive


def written(calls, path):
    return [line for name, line in calls
            if 'write' in name and f'<{path}>' in line]


def opened(calls, path):
    """The lines that opened it, by the descriptor they returned."""
    return [line for name, line in calls if name in ('open', 'openat')
            and re.search(rf'= \d+<{re.escape(str(path))}>$', line)]


def test_app_login_is_one_synced_write(host, traced):
    alice = host.enrol('alice')
    talk, calls = traced(alice.code())
    assert talk.let_in
    record = host.record('alice')
    writes = written(calls, record)
    assert len(writes) == 1, writes
    fd = re.search(r'\((\d+)<', writes[0]).group(1)
    for_writing = [line for line in opened(calls, record)
                   if f'= {fd}<' in line and 'O_RDWR' in line]
    assert for_writing and all('DSYNC' in line or 'O_SYNC' in line
                               for line in for_writing), calls
    assert not [line for name, line in calls if name in NEVER]


def test_every_descriptor_of_ours_is_closed_on_exec(host, traced):
    alice = host.enrol('alice')
    _, calls = traced(alice.backup, '@new')
    ours = [line for name, line in calls if name in ('open', 'openat')
            and 'xsuite' in line and '= -1' not in line]
    assert ours
    assert not [line for line in ours
                if 'O_CLOEXEC' not in line and 'pam_xsuite.so' not in line]


def test_wrong_code_is_charged_by_one_synced_write(host, traced):
    alice = host.enrol('alice')
    talk, calls = traced(alice.wrong())
    assert not talk.let_in
    assert len(written(calls, host.record('alice'))) == 1
    assert not [line for name, line in calls if name in NEVER]


def test_text_that_is_no_code_writes_nothing(host, traced):
    host.enrol('alice')
    _, calls = traced('hello', '12', '')
    assert not written(calls, host.record('alice'))


def test_nothing_is_written_before_the_first_answer(host, traced):
    host.enrol('alice')
    _, calls = traced()
    assert not [line for name, line in calls if 'write' in name
                and '/xsuite/' in line]


def test_backup_login_writes_twice(host, traced):
    """The charge before Argon2; then the successor and the grant in one."""
    alice = host.enrol('alice')
    talk, calls = traced(alice.backup, '@new')
    assert talk.let_in
    assert len(written(calls, host.record('alice'))) == 2
    assert not [line for name, line in calls
                if name in NEVER and name != 'ftruncate']
