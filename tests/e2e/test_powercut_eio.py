# SPDX-License-Identifier: BSD-3-Clause
"""The disk itself fails in the middle of a login, and then the power goes.

The disk is a file on a file system that is full: a block that the file does
not have yet cannot be written, which the loop device tells as an error of the
disk. (The kernel's own failing disks, dm-flakey and dm-error, are not to be
had in every kernel.)
"""

import errno
import os
import re

import pytest

from host import STATE
from image import Image, run
from tally import tally
from test_powercut import BY_APP, BY_BACKUP, CUTS
from words import NOT_RIGHT, USED

SECTOR = 512
ROUNDS = max(1, CUTS // 10)


@pytest.fixture(params=['ext4', 'xfs'])
def disk(host, request):
    place = host.work / 'small'
    place.mkdir()
    run('mount', '-t', 'tmpfs', '-o', 'size=20M', 'tmpfs', place)
    try:
        with Image(place / 'disk', STATE, kind=request.param) as image:
            # All that there is of it, so that nothing else can fail.
            run('fallocate', '-l', image.path.stat().st_size, image.path)
            host.admin('init')
            host.config('throttle_free = 10\n')
            host.stack('test', password_line=False, account=False)
            yield image
    finally:
        run('umount', place)
        place.rmdir()


def place_on_disk(path, offset):
    """Where a byte of a file lies, in bytes."""
    text = run('filefrag', '-v', f'-b{SECTOR}', path)
    for line in text.splitlines():
        found = re.match(r' *\d+: +(\d+)\.\. *(\d+): +(\d+)\.\.', line)
        if found:
            first, last, at = map(int, found.groups())
            if first <= offset // SECTOR <= last:
                return (at - first) * SECTOR + offset
    raise AssertionError(text)


def fill(path):
    """Takes all room that there is beside the disk."""
    with open(path, 'wb', 0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError as error:
            assert error.errno == errno.ENOSPC


def break_second_slot(host, disk):
    """It was never written but with zeros, and cannot be from now on."""
    record = host.record('alice')
    size = record.stat().st_size // 2
    os.sync()
    run('fallocate', '-p', '-o', place_on_disk(record, size), '-l', size,
        disk.path)
    filler = disk.path.with_name('filler')
    fill(filler)
    return filler


@pytest.mark.parametrize('how', [BY_APP, BY_BACKUP], ids=lambda how: how[0])
def test_failing_disk_lets_nobody_in_and_loses_nothing(host, disk, how):
    for n in range(ROUNDS):
        host.admin('remove', 'alice', check=n > 0)
        alice = host.enrol('alice')
        filler = break_second_slot(host, disk)
        answers = how[1](alice)
        right = host.drive('alice', *answers)
        wrong = host.drive('alice', alice.wrong())
        assert right.result == wrong.result == 'PAM_AUTHINFO_UNAVAIL'
        assert right.texts == wrong.texts
        assert not any(word in text for word in (NOT_RIGHT, USED)
                       for text in right.texts)
        left = host.work / 'disk.after'
        disk.copy(left)
        filler.unlink()
        with disk.left(left):
            answers = how[1](alice)
            assert host.drive('alice', *answers).let_in
            assert not host.drive('alice', *answers).let_in
        # The disk that failed works again, and so does the code.
        assert host.drive('alice', *how[1](alice)).let_in
    tally('failing disk, then a power cut', ROUNDS, f'{how[0]}, {disk.kind}')
