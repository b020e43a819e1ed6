# SPDX-License-Identifier: BSD-3-Clause
"""What the tests of check share about the host's own files."""

import pathlib
import subprocess

import host
import pam_tree


def edit(machine, user, *words):
    """Makes a record what no command makes of it."""
    subprocess.run([host.BUILD / 'tests/e2e/record_editor', user,
                    str(machine.uids[user]), *words], check=True)


def digest():
    return host.digest(host.ETC, host.STATE, pam_tree.PAM,
                       pathlib.Path('/etc/ssh'))
