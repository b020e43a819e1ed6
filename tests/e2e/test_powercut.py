# SPDX-License-Identifier: BSD-3-Clause
"""A code that let somebody in stays dead when the power goes right after."""

import pytest

from host import STATE
from image import Image

ROUNDS = 20
BY_APP = ('app', lambda alice: (alice.code(),))
BY_BACKUP = ('backup', lambda alice: (alice.backup, '@new'))


@pytest.fixture
def disk(host):
    """The state lies on a disk that loses power without notice."""
    with Image(host.work / 'disk', STATE) as image:
        host.admin('init')
        host.stack('test', password_line=False, account=False)
        after = host.work / 'after'
        host.stack('after', f'state_dir={after}', password_line=False,
                   account=False)
        yield image


def after_cut(host, disk, answers):
    """The same answers, given to what a power cut leaves."""
    with disk.cut(host.work / 'disk.after', host.work / 'after'):
        return host.drive('alice', *answers, service='after')


def test_what_was_not_used_survives(host, disk):
    """Proves the way the other two look: this one has to let in."""
    for _, answers in (BY_APP, BY_BACKUP):
        alice = host.enrol('alice', '--replace')
        assert after_cut(host, disk, answers(alice)).let_in


@pytest.mark.parametrize('how', [BY_APP, BY_BACKUP], ids=lambda how: how[0])
def test_used_code_stays_dead(host, disk, how):
    method, answers = how
    for n in range(ROUNDS):
        alice = host.enrol('alice', '--replace')
        given = answers(alice)
        talk = host.drive('alice', *given)
        assert (talk.result, talk.method) == ('PAM_SUCCESS', method)
        talk = after_cut(host, disk, given)
        assert not talk.let_in, f'round {n}: {talk}'
        # Refused as used up or wrong, not because nothing can be read.
        assert len(talk.prompts) > 1, f'round {n}: {talk}'


def test_confirmed_successor_survives(host, disk):
    alice = host.enrol('alice')
    new = host.drive('alice', *BY_BACKUP[1](alice)).new_code()
    assert after_cut(host, disk, (new, '@new')).let_in
