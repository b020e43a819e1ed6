# SPDX-License-Identifier: BSD-3-Clause
"""What the program xsuite does before it is anybody's, and what its manual
says; all else is in tests/e2e."""

import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = (ROOT / os.environ.get('B', 'build')).resolve()
XSUITE = BUILD / 'xsuite'


def run(*words, **keywords):
    return subprocess.run([XSUITE, *words], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False,
                          timeout=60, **keywords)


def manual(title):
    page = (ROOT / 'man/xsuite.1').read_text(encoding='utf-8')
    return re.search(rf'^\.Sh {title}\n(.*?)(?=^\.Sh |\Z)', page,
                     re.M | re.S).group(1)


def listed():
    """The words of --help."""
    done = run('--help')
    assert (done.returncode, done.stderr) == (0, '')
    return re.findall(r'^  ([a-z]+) ', done.stdout, re.M)


def test_words_of_help_are_those_of_the_manual():
    assert listed() == re.findall(r'^\.It Cm (\w+)$', manual('DESCRIPTION'),
                                  re.M)
    assert listed() == re.findall(r'[a-z]+', re.search(
        r'^\.Op Cm (.*)$', manual('SYNOPSIS'), re.M).group(1))


def test_exit_codes_are_those_of_the_manual():
    names = dict(re.findall(r'^#define\s+(EX_\w+)\s+(\d+)', pathlib.Path(
        '/usr/include/sysexits.h').read_text(encoding='utf-8'), re.M))
    source = (ROOT / 'tools/xsuite.c').read_text(encoding='utf-8')
    used = {names[name] for name in re.findall(r'\bEX_[A-Z]+\b', source)}
    # 1 has no name in sysexits.h.
    assert used | {'1'} == set(re.findall(
        r'^\.It (\d+)$', manual('EXIT STATUS'), re.M))


@pytest.mark.parametrize('words', [('apps',), ('app', 'phone'), ('-h',)])
def test_wrong_words_name_the_wrong_one(words):
    done = run(*words)
    assert (done.returncode, done.stdout) == (64, '')
    assert done.stderr == (f'xsuite: {words[-1]}: no such setting; '
                           'try xsuite --help\n')


def test_the_name_it_is_called_by_is_not_repeated():
    done = run('nonsense', executable=XSUITE)
    again = subprocess.run(['\x1b[2J', 'nonsense'], executable=XSUITE,
                           capture_output=True, text=True, check=False,
                           timeout=60)
    assert again.stderr == done.stderr


def test_full_standard_output_is_an_error():
    with open('/dev/full', 'w', encoding='ascii') as full:
        for word in ('--help', '--version'):
            done = subprocess.run([XSUITE, word], stdout=full, check=False,
                                  timeout=60)
            assert done.returncode == 74, word


def test_version_is_that_of_the_news():
    news = (ROOT / 'NEWS').read_text(encoding='utf-8')
    version = re.match(r'pam_xsuite ([\d.]+)', news).group(1)
    assert run('--version').stdout == f'xsuite {version}\n'


# make install, make uninstall.


class Place:
    def __init__(self, path):
        self.path = path
        self.stacks = path / 'etc/pam.d'

    def make(self, target):
        return subprocess.run(
            ['make', '-s', '-C', ROOT, '-o', 'all', f'B={BUILD}', target,
             f'DESTDIR={self.path}'], capture_output=True, text=True,
            check=False, timeout=120)

    def ok(self, target):
        done = self.make(target)
        assert done.returncode == 0, done.stderr

    def files(self):
        return {str(path.relative_to(self.path))
                for path in self.path.rglob('*') if path.is_file()}


@pytest.fixture
def place(tmp_path):
    place = Place(tmp_path / 'root')
    place.ok('install')
    yield place
    # Nobody shall start it, should the rest of the directory stay.
    for path in place.path.rglob('xsuite'):
        if path.is_file():
            path.chmod(0o600)


def test_install_makes_it_set_user_id(place):
    modes = {name: (place.path / 'usr' / name).stat().st_mode & 0o7777
             for name in ('bin/xsuite', 'sbin/xsuite-admin')}
    assert modes == {'bin/xsuite': 0o4755, 'sbin/xsuite-admin': 0o755}


def test_install_brings_its_own_stacks_and_no_other(place):
    assert {path.name for path in place.stacks.iterdir()} == {
        'xsuite', 'xsuite-nopassword'}
    for path in place.stacks.iterdir():
        assert path.read_bytes() == (
            ROOT / 'conf/pam.d' / path.name).read_bytes()
        assert path.stat().st_mode & 0o7777 == 0o644


def test_install_again_keeps_a_changed_stack(place):
    (place.stacks / 'xsuite').write_text('mine\n')
    (place.stacks / 'xsuite-nopassword').unlink()
    place.ok('install')
    assert (place.stacks / 'xsuite').read_text() == 'mine\n'
    assert (place.stacks / 'xsuite-nopassword').exists()


def test_uninstall_leaves_the_options_alone(place):
    place.ok('uninstall')
    assert place.files() == {'etc/xsuite/xsuite.conf'}


def test_uninstall_keeps_a_changed_stack(place):
    path = place.stacks / 'xsuite'
    path.write_text(path.read_text() + '# mine\n')
    place.ok('uninstall')
    assert place.files() == {'etc/xsuite/xsuite.conf', 'etc/pam.d/xsuite'}


@pytest.mark.parametrize('name', ['sshd', 'xsuite-2', 'common-auth'])
def test_uninstall_refuses_while_a_login_needs_the_module(place, name):
    before = place.files()
    (place.stacks / name).write_text('auth required pam_xsuite.so\n')
    done = place.make('uninstall')
    assert done.returncode != 0 and f'{place.stacks}/{name}' in done.stdout
    assert place.files() == before | {f'etc/pam.d/{name}'}
