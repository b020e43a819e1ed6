# SPDX-License-Identifier: BSD-3-Clause
"""An ext4 on a loop device, and what a power cut would leave of it."""

import pathlib
import subprocess


def run(*argv):
    subprocess.run([str(word) for word in argv], check=True,
                   stdin=subprocess.DEVNULL, capture_output=True)


class Image:
    def __init__(self, path, mountpoint, size='8M'):
        self.path = pathlib.Path(path)
        self.mountpoint = pathlib.Path(mountpoint)
        self.mountpoint.mkdir(parents=True, exist_ok=True)
        if size:
            run('truncate', '-s', size, self.path)
            run('mkfs.ext4', '-q', '-F', '-N', '256', self.path)
        # Nothing is to reach the disk by the clock.
        run('mount', '-o', 'loop,commit=600', self.path, self.mountpoint)

    def cut(self, path, mountpoint):
        """The disk as it is this instant, mounted elsewhere: what the
        kernel has not written yet is lost, as when the power goes."""
        run('cp', '--sparse=always', self.path, path)
        return Image(path, mountpoint, size=None)

    def remount(self, options):
        run('mount', '-o', f'remount,{options}', self.mountpoint)

    def close(self):
        run('umount', self.mountpoint)
        self.path.unlink()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
