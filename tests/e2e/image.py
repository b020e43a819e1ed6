# SPDX-License-Identifier: BSD-3-Clause
"""A file system on a loop device, and what a power cut would leave of it."""

import contextlib
import pathlib
import subprocess


def run(*argv):
    return subprocess.run([str(word) for word in argv], check=True,
                          stdin=subprocess.DEVNULL, capture_output=True,
                          text=True).stdout


# Size, how it is made, and mounted: nothing is to reach the disk by the clock.
KINDS = {
    'ext4': ('8M', ('mkfs.ext4', '-q', '-F', '-N', '256', '-b', '4096'),
             'commit=600'),
    # Smaller than its makers want one to have.
    'xfs': ('16M', ('mkfs.xfs', '-q', '-f', '--unsupported'), 'defaults'),
    'btrfs': ('128M', ('mkfs.btrfs', '-q', '-f'), 'commit=600'),
}


class Image:
    def __init__(self, path, mountpoint, size=None, kind='ext4', make=True):
        self.path = pathlib.Path(path)
        self.mountpoint = pathlib.Path(mountpoint)
        self.kind = kind
        usual, mkfs, self.options = KINDS[kind]
        self.mountpoint.mkdir(parents=True, exist_ok=True)
        if make:
            run('truncate', '-s', size or usual, self.path)
            run(*mkfs, self.path)
        self.mount()

    def mount(self):
        run('mount', '-t', self.kind, '-o', f'loop,{self.options}', self.path,
            self.mountpoint)

    def unmount(self):
        run('umount', self.mountpoint)

    def copy(self, path):
        """The disk as it is this instant: what the kernel has not written
        yet is lost, as when the power goes."""
        run('cp', '--sparse=always', '--reflink=auto', self.path, path)

    @contextlib.contextmanager
    def left(self, path):
        """What is left in a copy, mounted in its place: not every file
        system bears its own likeness beside it."""
        self.unmount()
        try:
            with Image(path, self.mountpoint, kind=self.kind,
                       make=False) as image:
                yield image
        finally:
            self.mount()

    def remount(self, options):
        run('mount', '-o', f'remount,{options}', self.mountpoint)

    def close(self):
        self.unmount()
        self.path.unlink()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
