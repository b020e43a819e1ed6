# SPDX-License-Identifier: BSD-3-Clause
"""State and key that are not as they should be: refused, said, left alone.

Every stack here would let in if the module only stood aside.
"""

import contextlib
import fcntl
import os
import pathlib
import shutil
import subprocess

import pytest

from host import KEY, STATE, digest
from image import Image

VERSION_AT = 8  # the version's place in a slot (doc/state-format.md)
SLOT = 8192
NFS, SMB2 = '6969000000000000', '424d53fe00000000'


@pytest.fixture
def alice(host):
    host.stack('test', 'not_enrolled=pass', password_line=False,
               account=False)
    host.enrol('bob')
    return host.enrol('alice')


def attempt(host, user, *answers, **keywords):
    """One login; returns it with the lines that it logged."""
    host.log.clear()
    talk = host.drive(user, *answers, **keywords)
    return talk, host.log.module()


def refused(host, alice, expected, user='alice', result='AUTHINFO_UNAVAIL',
            **keywords):
    """Right and wrong codes are refused alike, with one line each that says
    why, and nothing on the disk has changed."""
    before = digest(STATE, KEY.parent)
    outcomes = []
    for answers in ((alice.code(),), (alice.wrong(),), (alice.backup, '@new'),
                    (alice.wrong_backup(), '@new')):
        talk, lines = attempt(host, user, *answers, **keywords)
        assert talk.result == 'PAM_' + result, (talk, lines)
        assert len(lines) == 1, lines
        assert expected in lines[0], lines
        outcomes.append((talk.said, lines))
    assert all(outcome == outcomes[0] for outcome in outcomes), outcomes
    assert digest(STATE, KEY.parent) == before


def edit(path, at, new):
    with open(path, 'r+b') as file:
        file.seek(at)
        file.write(new)


def current_slot(path):
    """Where the record that is valid begins: the other slot is empty."""
    whole = path.read_bytes()
    return next(at for at in range(0, len(whole), SLOT)
                if any(whole[at:at + SLOT]))


def own_by_user(path):
    os.chown(path, 61000, -1)


def make_mode(mode):
    return lambda path: path.chmod(mode)


def make_link(path):
    os.link(path, path.with_name('second'))


def make_symlink(path):
    moved = path.rename(path.parent.parent / 'moved')
    path.symlink_to(moved)


def make_fifo(path):
    path.unlink()
    os.mkfifo(path, 0o600)


def make_directory(path):
    path.unlink()
    path.mkdir(0o700)


def cut_to(size):
    return lambda path: os.truncate(path, size)


def cut_last_byte(path):
    os.truncate(path, path.stat().st_size - 1)


def append_slot(path):
    with open(path, 'ab') as file:
        file.write(bytes(SLOT))


def fill_with_zeros(path):
    edit(path, 0, bytes(path.stat().st_size))


def fill_with_junk(path):
    edit(path, 0, b'junk' * (path.stat().st_size // 4))


def make_newer(path):
    edit(path, current_slot(path) + VERSION_AT, b'\0\0\0\2')


def flip_at(offset):
    def flip(path):
        at = current_slot(path) + offset
        edit(path, at, bytes([path.read_bytes()[at] ^ 1]))
    return flip


FILE_FAULTS = [
    ('owner', own_by_user), ('group can read', make_mode(0o640)),
    ('all can write', make_mode(0o606)), ('two links', make_link),
    ('symbolic link', make_symlink), ('fifo', make_fifo),
    ('directory', make_directory), ('empty', cut_to(0))]
RECORD_FAULTS = [
    ('cut by a byte', cut_last_byte), ('one slot', cut_to(SLOT)),
    ('three slots', append_slot), ('zeros', fill_with_zeros),
    ('junk', fill_with_junk), ('newer version', make_newer),
    ('flipped magic', flip_at(0)), ('flipped key id', flip_at(15)),
    ('flipped generation', flip_at(23)), ('flipped nonce', flip_at(26)),
    ('flipped ciphertext', flip_at(100)), ('flipped end', flip_at(SLOT - 1))]


def named(faults):
    return pytest.mark.parametrize(
        'spoil', [spoil for _, spoil in faults],
        ids=[name.replace(' ', '-') for name, _ in faults])


@named(FILE_FAULTS + RECORD_FAULTS)
def test_spoilt_record(host, alice, spoil):
    spoil(host.record('alice'))
    refused(host, alice, 'unavailable user=alice reason=state')


def test_record_of_another_user(host, alice):
    host.record('alice').write_bytes(host.record('bob').read_bytes())
    refused(host, alice, 'unavailable user=alice reason=')


def test_account_made_anew_under_the_same_uid(host, alice):
    passwd = pathlib.Path('/etc/passwd')
    before = passwd.read_text(encoding='utf-8')
    uid = host.uids['alice']
    try:
        passwd.write_text(before.replace('\nalice:', '\ndave:'),
                          encoding='utf-8')
        assert f'dave:x:{uid}:' in passwd.read_text(encoding='utf-8')
        refused(host, alice, 'unavailable user=dave reason=', user='dave')
    finally:
        passwd.write_text(before, encoding='utf-8')


def test_name_without_its_record(host, alice):
    host.record('alice').unlink()
    refused(host, alice, 'unavailable user=alice reason=')


# The key.

def new_key(key_id):
    return lambda path: path.write_text(f'{key_id} {"5a" * 32}\n',
                                        encoding='ascii')


KEY_FAULTS = [
    ('missing', pathlib.Path.unlink), ('another', new_key(1)),
    ('another id', new_key(7)), ('id zero', new_key(0)),
    ('short', lambda path: path.write_text('1 ' + '5a' * 31 + '\n')),
    ('no hex', lambda path: path.write_text('1 ' + 'zz' * 32 + '\n')),
    ('twice', lambda path: path.write_text(path.read_text() * 2))]


@named(FILE_FAULTS + KEY_FAULTS)
def test_spoilt_key(host, alice, spoil):
    spoil(KEY)
    refused(host, alice, 'unavailable user=alice reason=')
    # Without the key nobody can be proved to have no record.
    talk, lines = attempt(host, 'carol')
    assert talk.result == 'PAM_AUTHINFO_UNAVAIL', talk
    assert len(lines) == 1 and 'user=carol' in lines[0]


# The directory: "no record" must be proved.

def empty(path):
    shutil.rmtree(path)
    path.mkdir(0o700)


@named([('missing', shutil.rmtree), ('empty', empty),
        ('no marker', lambda path: (path / 'users/.store').unlink()),
        ('spoilt marker',
         lambda path: fill_with_junk(path / 'users/.store')),
        ('marker of a user', lambda path: own_by_user(path / 'users/.store'))])
def test_no_record_is_not_proved(host, alice, spoil):
    spoil(STATE)
    before = digest(STATE)
    talk, lines = attempt(host, 'carol')
    assert talk.result == 'PAM_AUTHINFO_UNAVAIL', (talk, lines)
    assert len(lines) == 1 and 'unavailable user=carol' in lines[0], lines
    assert digest(STATE) == before


@pytest.mark.parametrize('spoil', [own_by_user, make_mode(0o777)],
                         ids=['owner', 'all-can-write'])
@pytest.mark.parametrize('directory', ['.', 'users', 'names'])
def test_directory_of_somebody_else(host, alice, directory, spoil):
    spoil(STATE / directory)
    talk, lines = attempt(host, 'carol')
    assert talk.result == 'PAM_AUTHINFO_UNAVAIL', (talk, lines)
    assert len(lines) == 1 and 'unavailable user=carol' in lines[0], lines
    if directory != 'names':
        refused(host, alice, 'unavailable user=alice reason=state')


def test_proved_no_record_passes(host, alice):
    talk, _ = attempt(host, 'carol')
    assert talk.let_in and not talk.said


@pytest.mark.parametrize('magic', [NFS, SMB2], ids=['nfs', 'smb'])
def test_network_filesystem(host, alice, magic):
    refused(host, alice, 'unavailable user=alice reason=state', wrap=(
        'strace', '-o', '/dev/null', '-e', 'trace=fstatfs', '-e',
        f'inject=fstatfs:poke_exit=@arg2={magic}'))


# The disk.

@pytest.fixture
def disk(host):
    with Image(host.work / 'disk', STATE) as image:
        host.admin('init')
        yield image


def test_full_disk_lets_in_and_enrols_nobody(host, disk, alice):
    big = STATE / 'filler'
    with contextlib.suppress(OSError), open(big, 'wb', 0) as file:
        while True:
            file.write(bytes(1024))
    assert host.drive('alice', alice.code()).let_in
    assert host.drive('alice', alice.backup, '@new').let_in

    before = digest(STATE)
    done = host.admin('--json', 'enrol', 'carol', check=False)
    assert done.returncode != 0 and done.stderr and not done.stdout
    assert digest(STATE) == before
    assert host.admin('--json', 'status', 'carol',
                      check=False).returncode == 1
    big.unlink()
    assert host.drive('carol', host.enrol('carol').code()).let_in


@pytest.mark.parametrize('how', ['filesystem', 'limit'])
def test_refused_write_tells_nothing(host, disk, alice, how):
    """Whoever makes the commit fail learns nothing about his code."""
    keywords = {}
    if how == 'limit':
        keywords['options'] = ('--fsize', '0')
    else:
        disk.remount('ro')
    refused(host, alice, 'user=alice', **keywords)
    if how == 'filesystem':
        disk.remount('rw')
    talk, _ = attempt(host, 'alice', alice.code())
    assert talk.let_in, talk
    talk, _ = attempt(host, 'alice', alice.backup, '@new')
    assert talk.let_in, talk


def test_refused_write_at_the_confirmation_uses_nothing_up(host, alice):
    """The disk fails between the charge and the grant."""
    trace = host.work / 'trace'
    talk, lines = attempt(host, 'alice', alice.backup, '@new', '', wrap=(
        'strace', '-o', trace, '-e', 'trace=pwrite64', '-e',
        'inject=pwrite64:error=EIO:when=2+'))
    assert talk.result == 'PAM_AUTHINFO_UNAVAIL', (talk, lines)
    assert talk.prompts[-1] == (
        'This could not be recorded. Keep both codes: either may be the '
        'valid one.\nPress Enter to end: ')
    assert not [line for line in lines if line.startswith('accepted')]
    assert host.drive('alice', alice.backup, '@new').let_in


def test_lock_held_by_somebody_is_waited_for_and_named(host, alice):
    with open(host.record('alice'), 'rb') as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        talk, lines = attempt(host, 'alice', alice.code())
        assert talk.result == 'PAM_AUTHINFO_UNAVAIL', (talk, lines)
        assert len(lines) == 1 and str(os.getpid()) in lines[0], lines
    assert host.drive('alice', alice.code()).let_in


def test_killed_while_it_waits_for_an_answer(host, alice):
    before = digest(STATE)
    done = subprocess.run(
        [*host.driver(), '--at-end', 'kill', '--as', 'alice'],
        capture_output=True, check=False)
    assert done.returncode == -9
    assert digest(STATE) == before
