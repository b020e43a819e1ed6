# SPDX-License-Identifier: BSD-3-Clause
"""A code that let somebody in stays dead when the power goes right after, or
at any other moment.

XS_CUTS is how often the power goes, XS_DISKS on which file systems.
"""

import contextlib
import json
import os
import random
import subprocess
import threading
import time

import pytest

from host import STATE
from image import Image
from tally import tally

CUTS = int(os.environ.get('XS_CUTS', '20'))
DISKS = os.environ.get('XS_DISKS', 'ext4').split()
LOGIN_SECONDS = 60
BY_APP = ('app', lambda alice: (alice.code(),))
BY_BACKUP = ('backup', lambda alice: (alice.backup, '@new'))


@pytest.fixture
def below(host):
    """Where one file can share the blocks of another: a copy made there is
    the file as it was at one instant, whatever is being written."""
    try:
        image = Image(host.work / 'below.image', host.work / 'below',
                      size='768M', kind='xfs')
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f'no xfs to be had: {getattr(error, "stderr", error)}')
    with image:
        yield image.mountpoint


@contextlib.contextmanager
def losing_power(host, place, kind):
    """The state lies on a disk that loses power without notice."""
    with Image(place / 'disk', STATE, kind=kind) as image:
        host.admin('init')
        host.config('throttle_free = 10\n')
        host.stack('test', password_line=False, account=False)
        yield image


@pytest.fixture(params=DISKS)
def disk(host, request):
    with losing_power(host, host.work, request.param) as image:
        yield image


@pytest.fixture(params=DISKS)
def busy_disk(host, below, request):
    with losing_power(host, below, request.param) as image:
        yield image


def after_cut(host, disk, answers):
    """The same answers, given to what a power cut leaves."""
    path = disk.path.with_name('disk.after')
    disk.copy(path)
    with disk.left(path):
        return host.drive('alice', *answers)


def test_what_was_not_used_survives(host, disk):
    """Proves the way the others look: this one has to let in."""
    for _, answers in (BY_APP, BY_BACKUP):
        alice = host.enrol('alice', '--replace')
        assert after_cut(host, disk, answers(alice)).let_in


@pytest.mark.parametrize('how', [BY_APP, BY_BACKUP], ids=lambda how: how[0])
def test_used_code_stays_dead(host, disk, how):
    method, answers = how
    for n in range(CUTS):
        alice = host.enrol('alice', '--replace')
        given = answers(alice)
        talk = host.drive('alice', *given)
        assert (talk.result, talk.method) == ('PAM_SUCCESS', method)
        talk = after_cut(host, disk, given)
        assert not talk.let_in, f'round {n}: {talk}'
        # Refused as used up or wrong, not because nothing can be read.
        assert len(talk.prompts) > 1, f'round {n}: {talk}'
    tally('power cut right after a success', CUTS, f'{method}, {disk.kind}')


def test_confirmed_successor_survives(host, disk):
    alice = host.enrol('alice')
    new = host.drive('alice', *BY_BACKUP[1](alice)).new_code()
    assert after_cut(host, disk, (new, '@new')).let_in


class Person(threading.Thread):
    """Logs in by backup code, again and again, each time by the new one."""

    def __init__(self, host, user):
        super().__init__()
        self.host, self.user = host, user
        self.codes = [host.enrol(user).backup.replace(' ', '')]
        self.over = threading.Event()
        self.came = threading.Event()
        self.refused = None

    def run(self):
        while not self.over.is_set():
            talk = self.host.drive(self.user, self.codes[-1], '@new')
            if not talk.let_in:
                self.refused = talk
                return
            self.codes.append(talk.new_code())
            self.came.set()


def cut_under_load(disk, people, number):
    """A copy of the disk, and how far each had come before and after."""
    before = [len(each.codes) - 1 for each in people]
    path = disk.path.with_name(f'disk.{number}')
    disk.copy(path)
    return path, before, [len(each.codes) - 1 for each in people]


def judge(host, person, before, after):
    """The last code used before the cut is dead. Whatever was under way,
    one code of those that come after it lets in."""
    if before:
        talk = host.drive(person.user, person.codes[before - 1], '0')
        assert not talk.let_in and len(talk.prompts) > 1, talk
    codes = person.codes[before:after + 2]
    assert any(host.drive(person.user, code, '@new').let_in
               for code in codes), f'{person.user}: none of {len(codes)}'


def test_power_goes_under_load(host, busy_disk):
    people = [Person(host, user) for user in ('alice', 'bob', 'carol')]
    chance = random.Random(20261122)
    cuts = []
    for each in people:
        each.start()
    try:
        for number in range(CUTS):
            someone = chance.choice(people)
            someone.came.clear()
            someone.came.wait(LOGIN_SECONDS)
            # Somewhere in his next login, and in the others'.
            time.sleep(chance.uniform(0, 0.3))
            cuts.append(cut_under_load(busy_disk, people, number))
    finally:
        for each in people:
            each.over.set()
        for each in people:
            each.join()
    assert not any(each.refused for each in people)
    for path, before, after in cuts:
        with busy_disk.left(path):
            listed = host.admin('--json', 'list').stdout.splitlines()
            assert {json.loads(line)['user'] for line in listed} == \
                {each.user for each in people}
            for each in zip(people, before, after):
                judge(host, *each)
    tally('power cut under load', len(cuts), busy_disk.kind)
