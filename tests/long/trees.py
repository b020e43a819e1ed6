# SPDX-License-Identifier: BSD-3-Clause
"""Debian in a directory: bootstrapped once, kept in build/trees, and laid
below every test's own changes, which are gone with the process."""

import contextlib
import fcntl
import os
import pathlib
import re
import shutil
import stat
import subprocess

import namespace

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = (ROOT / os.environ.get('B', 'build')).resolve()
CACHE = BUILD / 'trees'
MIRROR = os.environ.get('DEBIAN_MIRROR', 'http://deb.debian.org/debian')
CURRENT = re.match(r'pam-xsuite \((\S+)\) ', (
    ROOT / 'debian/changelog').read_text(encoding='utf-8')).group(1)
PREVIOUS = CURRENT + '~previous'
SUITES = {'bookworm': 12, 'trixie': 13}
# A host that people log in to.
HOST = ['openssh-server', 'sudo', 'login', 'passwd', 'debconf']
# What debian/control asks for, but for the tests, and what it takes as given.
BUILDER = ['build-essential', *(
    word.split()[0] for word in re.search(
        r'^Build-Depends: (.*?)^\S', (ROOT / 'debian/control').read_text(
            encoding='utf-8'), re.M | re.S).group(1).split(',')
    if '<!nocheck>' not in word)]
# What the package and its own test depend on, so that it is fetched once.
NEEDED = ['libargon2-1', 'libjson-c5', 'libqrencode4', 'libcurl4', 'systemd',
          'autopkgtest', 'python3-pexpect', 'xz-utils', 'openssh-client',
          'systemd-sysv', 'dbus', 'libpam-systemd']
ENVIRONMENT = {'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL': 'C.UTF-8',
               'DEBIAN_FRONTEND': 'noninteractive', 'HOME': '/root',
               'TERM': 'dumb'}
APT = ['apt-get', '-q', '-y', '--no-install-recommends',
       '-o', 'Acquire::Retries=3']


def unavailable():
    """Why there can be no trees; None if there can."""
    if shutil.which('debootstrap') is None:
        return 'debootstrap is not installed'
    return namespace.available()


def run(*command, check=True, timeout=1200, **options):
    done = subprocess.run(
        [str(word) for word in command], stdin=subprocess.DEVNULL, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout,
        env={**ENVIRONMENT, **options}, cwd='/', check=False)
    assert not check or done.returncode == 0, \
        f'{command}: {done.returncode}\n{done.stdout[-4000:]}'
    return done


def _forget(path):
    """Deletes a directory, and nothing that is mounted below it."""
    mounts = pathlib.Path('/proc/self/mounts').read_text(encoding='utf-8')
    assert f' {path}/' not in mounts and f' {path} ' not in mounts, path
    if path.exists():
        run('rm', '-rf', '--one-file-system', path)


def _make_devices(path):
    """Of its own: what goes wrong in a tree is not to reach the host's. But
    the terminals are those that the tests talk through."""
    namespace.mount('tmpfs', path, 'tmpfs', data='mode=0755')
    for name, major, minor in (('null', 1, 3), ('zero', 1, 5), ('full', 1, 7),
                               ('random', 1, 8), ('urandom', 1, 9),
                               ('tty', 5, 0)):
        os.mknod(path / name, stat.S_IFCHR | 0o666, os.makedev(major, minor))
        os.chmod(path / name, 0o666)
    for name in ('pts', 'shm'):
        os.mkdir(path / name)
    namespace.mount('/dev/pts', path / 'pts', flags=namespace.MS_BIND)
    os.symlink('pts/ptmx', path / 'ptmx')
    os.symlink('/proc/self/fd', path / 'fd')


class Tree:
    """A root directory with what programs in it want to see."""

    def __init__(self, path):
        self.path = path
        namespace.mount('proc', path / 'proc', 'proc')
        _make_devices(path / 'dev')
        namespace.mount('tmpfs', path / 'run', 'tmpfs', data='mode=0755')

    def command(self, *words):
        return ['chroot', str(self.path), *(str(word) for word in words)]

    def run(self, *words, **options):
        return run(*self.command(*words), **options)

    def apt(self, *words, **options):
        return self.run(*APT, *words, **options)

    def umount(self):
        for name in ('run', 'dev', 'proc'):
            namespace.detach(self.path / name)


def _bootstrap(suite, path):
    run('debootstrap', '--variant=minbase', suite, path, MIRROR)
    (path / 'usr/sbin/policy-rc.d').write_text('#!/bin/sh\nexit 101\n')
    (path / 'usr/sbin/policy-rc.d').chmod(0o755)
    shutil.copy('/etc/resolv.conf', path / 'etc/resolv.conf')
    for file in pathlib.Path('/etc/apt/apt.conf.d').glob('9*'):
        shutil.copy(file, path / 'etc/apt/apt.conf.d')
    tree = Tree(path)
    tree.apt('update')
    tree.apt('install', *HOST)
    tree.apt('install', '--download-only', '-o',
             'APT::Keep-Downloaded-Packages=true', *NEEDED)
    tree.umount()


def base(suite):
    """The tree that all others lie on; nobody writes to it."""
    path = CACHE / suite
    if not (CACHE / f'{suite}.done').exists():
        _forget(path)
        path.mkdir(parents=True)
        _bootstrap(suite, path)
        (CACHE / f'{suite}.done').touch()
    return path


def over(lower, changes, at):
    """A tree of lower and the changes made to it, seen at a directory."""
    for name in ('upper', 'work'):
        (changes / name).mkdir(parents=True, exist_ok=True)
    at.mkdir(parents=True, exist_ok=True)
    namespace.mount('overlay', at, 'overlay', data=(
        f'lowerdir={lower},upperdir={changes}/upper,'
        f'workdir={changes}/work'))
    return Tree(at)


def builder(suite, at):
    """A tree with what building needs; its changes are kept, too."""
    changes = CACHE / f'{suite}.builder'
    stamp = CACHE / f'{suite}.builder.done'
    if not stamp.exists():
        _forget(changes)
    tree = over(base(suite), changes, at)
    wanted = ' '.join(BUILDER)
    if not stamp.exists() or stamp.read_text(encoding='ascii') != wanted:
        tree.apt('install', *BUILDER)
        stamp.write_text(wanted, encoding='ascii')
    source = at / 'source'
    source.mkdir(exist_ok=True)
    namespace.mount(ROOT, source, flags=namespace.MS_BIND)
    namespace.mount('none', source, flags=(
        namespace.MS_BIND | namespace.MS_REMOUNT | namespace.MS_RDONLY))
    return tree


@contextlib.contextmanager
def _alone():
    """Of two runs, one makes the trees and the other finds them made."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / 'lock', 'w', encoding='ascii') as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def build(suite, place, versions):
    """Packages of this tree's source, made in a tree of that suite: for each
    version the path of the binary package; the source's is beside it."""
    with _alone():
        return _build(suite, place, versions)


def _build(suite, place, versions):
    tree = builder(suite, place / 'builder')
    found = {}
    for version in versions:
        out = place / 'builder/run' / version
        tree.run('/source/debian/build', f'/run/{version}', version,
                 DEB_BUILD_OPTIONS='nocheck', DEB_BUILD_PROFILES='nocheck')
        made = [path for path in out.glob('libpam-xsuite_*.deb')]
        assert len(made) == 1, made
        found[version] = place / made[0].name
        shutil.copy(made[0], found[version])
        shutil.copy(out / f'pam-xsuite_{version}.tar.xz', place)
    namespace.detach(place / 'builder/source')
    tree.umount()
    namespace.detach(place / 'builder')
    return found
