# SPDX-License-Identifier: BSD-3-Clause
"""xsuite-admin rekey: what it does to the key file and to every slot, and
what is left when it is ended anywhere."""

import os
import re
import shutil
import signal
import struct
import subprocess

import pytest

from world import ADMIN, spoil

SLOT = 8192


@pytest.fixture
def three(host):
    for name in ('alice', 'bob', 'carol'):
        host.ok('enrol', name)
    host.ok('unlock', 'alice')  # so both slots of one are written
    return host


def keys(host):
    return [int(line.split()[0]) for line in
            host.key.read_text().splitlines()]


def slot_ids(host):
    """The key ids in all slots on the disk; 0: never written."""
    found = set()
    for path in (host.state / 'users').iterdir():
        data = path.read_bytes()
        found |= {struct.unpack_from('>I', data, at + 12)[0]
                  for at in (0, SLOT)}
    return found


def everything_opens(host):
    status = host.json('status')
    return status['records'] == 3 and status['problems'] == []


def with_old_key(host, old):
    """Does anything open for who has the old key file alone?"""
    mine = host.key.read_bytes()
    host.key.chmod(0o600)
    host.key.write_bytes(old)
    try:
        return [name for name in ('alice', 'bob', 'carol')
                if host.run('status', name).returncode == 0]
    finally:
        host.key.write_bytes(mine)
        host.key.chmod(0o400)


def test_rekey_leaves_nothing_under_the_old_key(three):
    old = three.key.read_bytes()
    before = three.json('status', 'alice')
    assert three.json('rekey') == {
        'key_id': 2, 'made': True, 'resealed': 3, 'dropped': [1],
        'problems': []}
    assert keys(three) == [2] and slot_ids(three) == {2}
    assert three.key.stat().st_mode & 0o7777 == 0o400
    assert sorted(path.name for path in three.key.parent.iterdir()) == \
        ['host.key']
    assert everything_opens(three)
    assert three.json('status', 'alice') == before
    assert with_old_key(three, old) == []
    assert three.json('rekey')['key_id'] == 3
    three.ok('enrol', 'alice', '--replace')


def test_rekey_says_to_copy_the_key(three):
    out = three.ok('rekey')
    assert 'Key 2 is current' in out and 'Keep a copy of' in out
    assert not re.search('[0-9a-f]{64}', out)


def test_prepare_adds_a_key_that_is_not_used(three):
    out = three.ok('rekey', '--prepare')
    assert 'not used yet' in out
    assert keys(three) == [1, 2]
    three.ok('unlock', 'bob')
    assert slot_ids(three) <= {0, 1}
    assert three.run('rekey', '--prepare').returncode == 1
    assert three.json('rekey') == {
        'key_id': 2, 'made': False, 'resealed': 3, 'dropped': [1],
        'problems': []}
    assert keys(three) == [2] and slot_ids(three) == {2}


def test_record_that_does_not_open_keeps_the_old_key(three):
    spoil(three.record(61002))
    done = three.run('rekey')
    assert done.returncode == 74
    assert 'users/61002' in done.stderr
    assert 'The old keys stay' in done.stdout
    assert keys(three) == [2, 1]
    three.ok('remove', 'bob')
    assert three.json('rekey')['dropped'] == [1]
    assert keys(three) == [2]


def test_key_that_cannot_be_written_changes_nothing(three):
    if os.getuid() == 0:
        # A read-only mount would need a namespace: a name too long for the
        # new file beside it does as well.
        long = three.key.with_name('k' * 252)
        three.key.rename(long)
        three.key = long
        three.options()
    else:
        three.key.parent.chmod(0o555)
    before = three.files()
    done = three.run('rekey')
    assert done.returncode == 74 and done.stdout == ''
    assert three.files() == before


def test_rekey_of_a_host_that_is_not_set_up(world):
    assert world.run('rekey').returncode == 74
    world.ok('init')
    (world.state / 'users' / '.store').unlink()
    before = world.key.read_bytes()
    assert world.run('rekey').returncode == 74
    assert world.key.read_bytes() == before


def test_two_at_once(three):
    """One of them does it; the other says so, or finds it done."""
    both = [subprocess.Popen([ADMIN, '--config', three.conf, 'rekey'],
                             env=three.environment(), text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            for _ in range(2)]
    codes = sorted(one.wait(60) for one in both)
    for one in both:
        one.communicate()
    assert codes in ([0, 75], [0, 0])
    assert len(keys(three)) == 1 and everything_opens(three)


def test_wrong_words_are_64(host):
    assert host.run('rekey', 'x').returncode == 64
    assert host.run('rekey', '--nothing').returncode == 64


def traced(host, *options):
    """Under strace; the wrapper is preloaded into the program alone."""
    library = host.environment()['LD_PRELOAD']
    return subprocess.run(
        ['strace', '-f', *options, 'env', f'LD_PRELOAD={library}', str(ADMIN),
         '--config', str(host.conf), 'rekey'],
        env={**host.environment(), 'LD_PRELOAD': ''}, capture_output=True,
        text=True, timeout=60, check=False)


# What changes anything, and the locks between.
CALLS = ('pwrite64', 'write', 'renameat', 'fsync', 'unlinkat', 'fchown',
         'fchmod', 'flock')


def test_killed_at_every_system_call(three, tmp_path):
    """All records open afterwards, and the next run ends it."""
    saved = tmp_path / 'saved'
    for top in ('state', 'etc'):
        shutil.copytree(three.path / top, saved / top)
    whole = traced(three, '-c', '-U', 'name,calls', '-e',
                   'trace=' + ','.join(CALLS))
    if 'ptrace' in whole.stderr and whole.returncode != 0:
        pytest.skip('no ptrace here')
    assert whole.returncode == 0, whole
    counts = {name: int(count) for name, count in re.findall(
        r'^(\w+)\s+(\d+)$', whole.stderr, re.M) if name in CALLS}
    assert counts['pwrite64'] == 8
    killed = 0
    for name, count in counts.items():
        for n in range(1, count + 1):
            for top in ('state', 'etc'):
                shutil.rmtree(three.path / top)
                shutil.copytree(saved / top, three.path / top)
            done = traced(three, '-o', '/dev/null', '-e', f'trace={name}',
                          '-e', f'inject={name}:signal=KILL:when={n}')
            killed += done.returncode in (-signal.SIGKILL, 137)
            assert everything_opens(three), (name, n)
            if name in ('pwrite64', 'renameat', 'fsync'):
                three.ok('unlock', 'alice')
                three.ok('rekey')
                assert len(keys(three)) == 1, (name, n)
                assert slot_ids(three) == {keys(three)[0]}, (name, n)
                assert everything_opens(three), (name, n)
    assert killed > 30
