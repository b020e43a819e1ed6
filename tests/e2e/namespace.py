# SPDX-License-Identifier: BSD-3-Clause
"""A mount namespace in which this process may write to /etc and the like.

Nothing of it is seen outside, and it ends with the process: /etc is a copy,
/run, /var/lib and /var/log begin empty, /dev has a /dev/log of its own.
"""

import contextlib
import ctypes
import os
import stat
import subprocess

CLONE_NEWNS = 0x00020000
CLONE_NEWNET = 0x40000000
MS_BIND, MS_MOVE, MS_REC, MS_PRIVATE = 4096, 8192, 16384, 1 << 18
MS_RDONLY, MS_REMOUNT = 1, 32
MNT_DETACH = 2
LOOPS = 32

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result, what):
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f'{what}: {os.strerror(number)}')


def mount(source, target, kind=None, flags=0, data=None):
    def raw(text):
        return None if text is None else os.fsencode(text)
    _check(_libc.mount(raw(source), raw(target), raw(kind),
                       ctypes.c_ulong(flags), raw(data)), f'mount {target}')


def umount(target):
    _check(_libc.umount2(os.fsencode(target), 0), f'umount {target}')


def available():
    """Why this process can make no mount namespace; None if it can."""
    if os.geteuid() != 0:
        return 'not root: the real sshd, sudo, login and su need it'
    probe = subprocess.run(
        ['unshare', '-m', '--propagation', 'private',
         'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'],
        capture_output=True, text=True, check=False)
    if probe.returncode != 0:
        return 'no mount namespace to be had: ' + probe.stderr.strip()
    return None


def _bind_entry(source, target):
    mode = os.lstat(source).st_mode
    if stat.S_ISLNK(mode):
        os.symlink(os.readlink(source), target)
    elif stat.S_ISDIR(mode):
        os.mkdir(target)
        mount(source, target, flags=MS_BIND | MS_REC)
    else:
        with open(target, 'wb'):
            pass
        mount(source, target, flags=MS_BIND)


def _private_dev(work):
    """The host's devices, but no /dev/log: that one is the test's."""
    new = os.path.join(work, 'dev')
    os.mkdir(new)
    mount('tmpfs', new, 'tmpfs', data='mode=0755')
    for name in os.listdir('/dev'):
        if name in ('log', 'ptmx'):
            continue
        with contextlib.suppress(OSError):
            _bind_entry(f'/dev/{name}', f'{new}/{name}')
    # A bound ptmx would not find its pts directory; a node of its own does.
    try:
        os.mknod(f'{new}/ptmx', stat.S_IFCHR | 0o666, os.makedev(5, 2))
        os.chmod(f'{new}/ptmx', 0o666)
    except OSError:
        os.symlink('pts/ptmx', f'{new}/ptmx')
    for n in range(LOOPS):
        with contextlib.suppress(OSError):
            os.mknod(f'{new}/loop{n}', stat.S_IFBLK | 0o660,
                     os.makedev(7, n))
    mount(new, '/dev', flags=MS_MOVE)


def _private_empty(path, keep):
    """An empty directory over path; what leads to one of keep stays."""
    original = os.open(path, os.O_PATH)
    try:
        mount('tmpfs', path, 'tmpfs', data='mode=0755')
        for wanted in keep:
            if not wanted.startswith(path + '/'):
                continue
            first = wanted[len(path) + 1:].split('/')[0]
            target = f'{path}/{first}'
            if not os.path.exists(target):
                os.mkdir(target)
                mount(f'/proc/self/fd/{original}/{first}', target,
                      flags=MS_BIND | MS_REC)
    finally:
        os.close(original)


def private():
    """From here on nobody else sees what this process mounts."""
    _check(_libc.unshare(CLONE_NEWNS), 'unshare')
    mount('none', '/', flags=MS_REC | MS_PRIVATE)


def enter(work, keep):
    """Makes the namespace; work is an empty directory, keep must be seen."""
    private()
    mount('tmpfs', work, 'tmpfs', data='mode=0755')
    etc = os.path.join(work, 'etc')
    os.mkdir(etc)
    subprocess.run(['cp', '-a', '/etc/.', etc], check=True)
    mount(etc, '/etc', flags=MS_BIND)
    for path in ('/run', '/var/lib', '/var/log'):
        _private_empty(path, keep)
    _private_dev(work)


@contextlib.contextmanager
def network(*addresses):
    """A network of this thread and what it starts: these addresses, so that
    ssh can come from one that is not loopback."""
    with open('/proc/thread-self/ns/net', 'rb') as home:
        _check(_libc.unshare(CLONE_NEWNET), 'unshare')
        try:
            subprocess.run(['ip', 'link', 'set', 'lo', 'up'], check=True)
            for address in addresses:
                subprocess.run(['ip', 'address', 'add', address, 'dev', 'lo'],
                               check=True)
            yield
        finally:
            _check(_libc.setns(home.fileno(), CLONE_NEWNET), 'setns')


def detach(work):
    _check(_libc.umount2(os.fsencode(work), MNT_DETACH), f'umount {work}')
