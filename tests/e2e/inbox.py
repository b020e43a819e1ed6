# SPDX-License-Identifier: BSD-3-Clause
"""The phones of the people, as far as their texts go."""

import os
import re

from host import SMS_USER, STATE
from sms_gateways import Gammu, Kannel, Smstools, Spool

NUMBER = '+31612345678'
SHOWN = '+31 ******78'
SENT = f'SMS code sent to {SHOWN}, valid for 5 minutes.\n'
SMS = 'SMS code (r = send again, Enter for another method): '
ASK = f'Press Enter for an SMS code to {SHOWN} (m for another method): '
MENU = ('Other ways to log in:\n'
        f'  1  SMS code to {SHOWN}\n'
        '  2  Backup code\n'
        '  0  Back to the login page\n'
        'Choose 0-2: ')
NOT_SENT = 'The SMS could not be sent.\n'


def sender_of(gateway, host):
    """A program that sms_user, and nobody else but root, can send with."""
    uid = host.uids[SMS_USER]
    path = gateway.path / 'sender'
    if isinstance(gateway, Kannel):
        return gateway.sender(path, uid=uid)
    if isinstance(gateway, (Gammu, Smstools)):
        gateway.open_to(uid)
    if isinstance(gateway, Spool):
        os.chown(gateway.path / 'spool', uid, uid)
    return gateway.sender(path)


class Inbox:
    """What a gateway takes from now on. Nothing of it may be in the log."""

    def __init__(self, host, gateway, *options):
        self.host = host
        self.gateway = gateway
        self.seen = len(gateway.messages())
        named = {option.split(' = ')[0] for option in options}
        usual = ['sms_timeout = 30', 'sms_cooldown = 1']
        host.config('\n'.join([
            f'sms_command = {sender_of(gateway, host)}', 'country_code = 31',
            *[each for each in usual if each.split(' = ')[0] not in named],
            *options, '']))

    def new(self, number=NUMBER):
        """The text of the one message that is new, to that number."""
        messages = self.gateway.wait(self.seen + 1)[self.seen:]
        assert [message.number for message in messages] == [number]
        self.seen += 1
        text = messages[0].text
        assert len(text) <= 160 and text.isascii()
        self.host.secrets += [number, number[3:], *re.findall(r'^\d+', text)]
        return text

    def code(self, number=NUMBER):
        return re.match(r'\d{6}(?= )', self.new(number)).group()

    def empty(self):
        """Only for a sender that has done all when it ends: the spool's."""
        assert isinstance(self.gateway, Spool)
        return len(self.gateway.messages()) == self.seen


def not_in_state(*secrets):
    """Neither a code nor a number lies open in the host's state."""
    for path in filter(os.path.isfile, STATE.rglob('*')):
        data = path.read_bytes()
        for secret in secrets:
            assert secret.encode() not in data, path
