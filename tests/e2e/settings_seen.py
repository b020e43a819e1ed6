# SPDX-License-Identifier: BSD-3-Clause
"""What arrives where the settings of xsuite would run."""

from host import BUILD, password
from words import APP, PASSWORD

PAM_SEEN = BUILD / 'tests/module/pam_seen.so'


class SettingsSeen:
    """The shipped stacks, and whether the settings were reached."""

    def __init__(self, host):
        self.host = host
        self.path = host.work / 'seen'
        self.path.unlink(missing_ok=True)
        host.settings_stacks(f'password required {PAM_SEEN} {self.path}')

    @property
    def reached(self):
        return self.path.exists()

    def seen(self):
        """What the module saw, as {name: [values]}."""
        found = {}
        for line in self.path.read_text(encoding='utf-8').splitlines():
            name, value = line.split('=', 1)
            found.setdefault(name, []).append(value)
        return found

    def let_in(self, t, code, user='alice'):
        t.asked(PASSWORD)
        t.type(password(user))
        t.asked(APP)
        t.type(code)
        assert t.ended() == ('', 0)
        return self.seen()
