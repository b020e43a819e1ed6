# SPDX-License-Identifier: BSD-3-Clause
"""A phone that is given the key of a new app in a conversation."""

import re

import totp

KEY = re.compile(r'^Key: ([A-Z2-7 ]+)$', re.MULTILINE)

BACK = r'0 = back\): '
LATER = r'Enter = later\): '
CONFIRM = r'confirm that you have saved it: '


class Phone:
    def __init__(self, host, text):
        self.secret = KEY.search(text).group(1).replace(' ', '')
        host.secrets.append(self.secret)

    def code(self, ahead=0):
        return totp.code(self.secret, totp.step() + ahead)

    def wrong(self):
        return totp.wrong(self.secret)
