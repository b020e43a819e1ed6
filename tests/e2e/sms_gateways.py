# SPDX-License-Identifier: BSD-3-Clause
"""Real SMS daemons without a phone network, each below a directory of its
own: what a login sends is read back from them.

    with Gammu(directory) as gateway:
        program = gateway.sender(directory / 'sender')   # for sms_command
        ...
        gateway.wait(1)     # [Message(number='+31612345678', text='...')]
"""

import collections
import os
import pathlib
import re
import shlex
import shutil
import signal
import socket
import subprocess
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SENDERS = ROOT / 'conf/sms'
HTTP = ROOT / os.environ.get('B', 'build') / 'xsuite-sms-http'
PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
SECONDS = 60  # for what a daemon does at once, on a slow host

Message = collections.namedtuple('Message', 'number text')


def wait_for(what, wanted, seconds=SECONDS):
    """The first true answer of wanted()."""
    end = time.monotonic() + seconds
    while True:
        answer = wanted()
        if answer:
            return answer
        assert time.monotonic() < end, f'{what}: not within {seconds} seconds'
        time.sleep(0.05)


def send(program, number, text, user=None, timeout=60):
    """Runs a sender as the library does: number, standard input, PATH."""
    command = [str(program), number]
    if user is not None:
        command = ['setpriv', f'--reuid={user}', f'--regid={user}',
                   '--clear-groups', *command]
    return subprocess.run(
        command, input=text if isinstance(text, bytes) else text.encode(),
        capture_output=True, env={'PATH': PATH}, timeout=timeout, cwd='/',
        umask=0o077, check=False)


class Gateway:
    """One or more daemons that end with the block; run as uid, they need a
    path that is open to it."""

    script = None

    def __init__(self, path, uid=None):
        self.path = pathlib.Path(path)
        self.path.mkdir(parents=True, exist_ok=True)
        self.uid = uid
        self._running = []

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def run(self, *command, **options):
        log = self.path / f'{pathlib.Path(command[0]).name}.out'
        if self.uid is not None:
            for path in (self.path, *self.path.rglob('*')):
                os.chown(path, self.uid, self.uid)
            command = ('setpriv', f'--reuid={self.uid}',
                       f'--regid={self.uid}', '--clear-groups', *command)
        with open(log, 'wb') as out:
            process = subprocess.Popen(
                [str(word) for word in command], stdout=out,
                stderr=subprocess.STDOUT, start_new_session=True, cwd='/',
                **{'stdin': subprocess.DEVNULL, **options})
        self._running.append(process)
        return process

    def stop(self):
        for process in reversed(self._running):
            for number in (signal.SIGTERM, signal.SIGKILL):
                if process.poll() is None:
                    os.killpg(process.pid, number)
                    try:
                        process.wait(10)
                    except subprocess.TimeoutExpired:
                        pass
        self._running.clear()

    def settings(self):
        """What the script is told in its environment."""
        return {}

    def sender(self, path):
        """A program for sms_command that hands over to this gateway."""
        path = pathlib.Path(path)
        # The tree may stand where sms_user cannot look.
        place = self.path / 'libexec'
        place.mkdir(exist_ok=True)
        for name in (self.script, 'message.sh'):
            shutil.copy(SENDERS / name, place)
        words = ' '.join(f'{name}={shlex.quote(str(value))}'
                         for name, value in self.settings().items())
        path.write_text(f'#!/bin/sh\n{words} exec '
                        f'{shlex.quote(str(place / self.script))} "$@"\n')
        path.chmod(0o755)
        return path

    def messages(self):
        raise NotImplementedError

    def wait(self, count):
        """All messages that went out, once there are so many."""
        wait_for(f'{count} messages', lambda: len(self.messages()) >= count)
        return self.messages()


class Gammu(Gateway):
    """gammu-smsd with its dummy phone; what it sent lies in sent/."""

    script = 'sms-gammu'

    def start(self):
        for name in ('in', 'out', 'sent', 'err', 'dev'):
            (self.path / name).mkdir()
        for name in ('out', 'sent', 'err'):
            (self.path / name).chmod(0o770)
        # Two of one second have one name, so each is put aside at once.
        keep = self.path / 'keep'
        keep.write_text('#!/bin/sh\ncd "${0%/*}/sent" || exit\n'
                        'for f in OUT*; do mv "$f" "$(date +%s.%N)"; done\n')
        keep.chmod(0o755)
        self.config = self.path / 'smsdrc'
        self.config.write_text(
            f'[gammu]\nport = {self.path}/dev\nmodel = dummy\n'
            'connection = none\ngammuloc = /dev/null\n'
            f'[smsd]\nservice = files\nlogfile = {self.path}/log\n'
            f'inboxpath = {self.path}/in/\noutboxpath = {self.path}/out/\n'
            f'sentsmspath = {self.path}/sent/\n'
            f'errorsmspath = {self.path}/err/\nrunonsent = {keep}\n'
            'checksecurity = 0\ncheckbattery = 0\nchecksignal = 0\n'
            'hangupcalls = 0\ncommtimeout = 1\nsendtimeout = 5\n'
            'loopsleep = 1\nstatusfrequency = 0\n')
        self.run('gammu-smsd', '-c', self.config)
        log = self.path / 'log'
        wait_for('gammu-smsd', lambda: log.exists() and 'Starting phone' in
                 log.read_text(errors='replace'))

    def open_to(self, gid):
        """Lets this group queue messages; Debian's group is gammu."""
        os.chown(self.path / 'out', -1, gid)

    def settings(self):
        return {'GAMMU_CONFIG': self.config}

    def messages(self):
        found = []
        for file in sorted((self.path / 'sent').glob('[0-9]*')):
            # Behind what it wrote stands a part of what it was given.
            backup = file.read_text(encoding='utf-8').split('[SMSBackup')
            number = re.search(r'^Number = "(.*)"$', backup[1], re.M)
            parts = re.findall(r'^Text\d+ = ([0-9A-F]*)$', backup[1], re.M)
            found.append(Message(number.group(1), bytes.fromhex(
                ''.join(parts)).decode('utf-16-be')))
        return found


class Spool(Gateway):
    """No daemon: a file a message."""

    script = 'sms-spool'

    def start(self):
        (self.path / 'spool').mkdir(mode=0o700)

    def settings(self):
        return {'SPOOL_DIR': self.path / 'spool'}

    def messages(self):
        found = []
        for file in sorted((self.path / 'spool').glob('2*')):
            head, text = file.read_text(encoding='utf-8').split('\n\n', 1)
            found.append(Message(head.removeprefix('To: '),
                                 text.removesuffix('\n')))
        return found


class Modem(threading.Thread):
    """A GSM modem behind TCP that takes every SMS; collects their PDUs."""

    def __init__(self):
        super().__init__(daemon=True)
        self._socket = socket.create_server(('127.0.0.1', 0))
        self.port = self._socket.getsockname()[1]
        self.pdus = []

    def run(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                self._talk(connection)

    def _talk(self, connection):
        pending, data = b'', b' '
        sending = False
        while data:
            end = b'\x1a' if sending else b'\r'
            while end in pending:
                command, pending = pending.split(end, 1)
                command = command.strip().decode('ascii', 'replace')
                if sending:
                    self.pdus.append(command)
                    connection.sendall(b'\r\n+CMGS: 7\r\n\r\nOK\r\n')
                    sending = False
                elif command.startswith('AT+CMGS'):
                    connection.sendall(b'\r\n> ')
                    sending = True
                else:
                    connection.sendall(self._answer(command))
                end = b'\x1a' if sending else b'\r'
            try:
                data = connection.recv(4096)
            except OSError:
                return
            pending += data

    @staticmethod
    def _answer(command):
        said = {'AT+CPIN?': '+CPIN: READY', 'AT+CSQ': '+CSQ: 20,0',
                'AT+CREG?': '+CREG: 0,1'}.get(command)
        return (f'\r\n{said}\r\n' if said else '').encode() + b'\r\nOK\r\n'

    def close(self):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


class Smstools(Gateway):
    """smsd of smstools; its modem is ours, and what it got is decoded."""

    script = 'sms-smstools'

    def start(self):
        spool = self.path / 'spool'
        spool.mkdir()
        names = ('outgoing', 'checked', 'failed', 'incoming', 'sent')
        for name in names:
            (spool / name).mkdir()
        self.modem = Modem()
        self.modem.start()
        config = self.path / 'smsd.conf'
        config.write_text(''.join(
            ['devices = NET1\n', *(f'{name} = {spool}/{name}\n'
                                   for name in names),
             f'logfile = {self.path}/log\ninfofile = {self.path}/working\n'
             f'pidfile = {self.path}/pid\ndelaytime = 1\n'
             f'[NET1]\ndevice = @127.0.0.1:{self.modem.port}\n'
             'incoming = no\ncheck_network = 0\npre_init = no\n']))
        self.run('smsd', f'-c{config}', '-t')
        wait_for('smsd', lambda: (self.path / 'log').exists())

    def stop(self):
        super().stop()
        self.modem.close()

    def open_to(self, gid):
        """Lets this group queue messages; Debian's group is smsd."""
        for path in (self.path / 'spool', self.path / 'spool/outgoing'):
            os.chown(path, -1, gid)
            path.chmod(0o3770)

    def settings(self):
        return {'SMSTOOLS_SPOOL': self.path / 'spool'}

    def messages(self):
        return [decode_pdu(pdu) for pdu in self.modem.pdus]


def free_port():
    with socket.create_server(('127.0.0.1', 0)) as probe:
        return probe.getsockname()[1]


class Kannel(Gateway):
    """bearerbox and smsbox of kannel, with its own fake service centre; the
    sender is xsuite-sms-http with conf/sms/http/kannel.conf."""

    PASSWORD = 'ses&me=1'

    def start(self):
        admin, box, centre, self.port = (free_port() for _ in range(4))
        config = self.path / 'kannel.conf'
        config.write_text(
            f'group = core\nadmin-port = {admin}\nadmin-password = {"x" * 9}'
            f'\nadmin-interface = 127.0.0.1\nsmsbox-port = {box}\n'
            'smsbox-interface = 127.0.0.1\nbox-allow-ip = "127.0.0.1"\n'
            f'log-file = {self.path}/bearerbox.log\nlog-level = 1\n\n'
            'group = smsc\nsmsc = fake\nhost = 127.0.0.1\n'
            f'port = {centre}\nconnect-allow-ip = 127.0.0.1\n\n'
            'group = smsbox\nbearerbox-host = 127.0.0.1\n'
            f'sendsms-port = {self.port}\nsendsms-interface = 127.0.0.1\n'
            f'log-file = {self.path}/smsbox.log\nlog-level = 1\n\n'
            'group = sendsms-user\nusername = xsuite\n'
            f'password = {self.PASSWORD}\n')
        self.run('/usr/sbin/bearerbox', config)
        wait_for('bearerbox', lambda: listens(centre) and listens(box))
        # Without a message of its own it would go at once.
        self.run('/usr/lib/kannel/test/fakesmsc', '-H', '127.0.0.1', '-r',
                 centre, '-i', '100', '-m', '1', '100 200 text hello',
                 stdin=subprocess.PIPE)
        self.run('/usr/sbin/smsbox', config)
        wait_for('smsbox', lambda: listens(self.port))

    def sender(self, path, program=None, uid=None):
        """Its options file belongs to uid, or to the caller."""
        place = self.path / 'libexec'
        place.mkdir(exist_ok=True)
        program = shutil.copy(program or HTTP, place)
        config = place / 'sms-http.conf'
        shipped = SENDERS / 'http/kannel.conf'
        config.write_text(shipped.read_text(encoding='utf-8').replace(
            '127.0.0.1:13013', f'127.0.0.1:{self.port}').replace(
                'password: XXX', f'password: {self.PASSWORD}'))
        config.chmod(0o600)
        os.chown(config, os.geteuid() if uid is None else uid, -1)
        path = pathlib.Path(path)
        path.write_text(f'#!/bin/sh\nexec {shlex.quote(str(program))} '
                        f'--config {shlex.quote(str(config))} "$@"\n')
        path.chmod(0o755)
        return path

    def messages(self):
        out = (self.path / 'fakesmsc.out').read_text(errors='replace')
        # The centre's own message is answered, too.
        return [Message(number, text) for number, text in re.findall(
            r'Got message \d+: <xsuite (\S+) text (.*)>$', out, re.M)]


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(('127.0.0.1', port)) == 0


# 3GPP TS 23.038, 6.2.1 and 6.2.1.1.
GSM = ('@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?'
       '¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà')
GSM_MORE = {0x0a: '\f', 0x14: '^', 0x28: '{', 0x29: '}', 0x2f: '\\',
            0x3c: '[', 0x3d: '~', 0x3e: ']', 0x40: '|', 0x65: '€'}


def _unpack_gsm(data, septets):
    bits = int.from_bytes(data, 'little')
    codes = iter([bits >> 7 * n & 0x7f for n in range(septets)])
    return ''.join(GSM_MORE[next(codes)] if code == 0x1b else GSM[code]
                   for code in codes)


def decode_pdu(pdu):
    """The number and the text of an SMS-SUBMIT (3GPP TS 23.040, 9.2.2.2)."""
    data = bytes.fromhex(pdu)
    data = data[1 + data[0]:]  # the service centre's address
    first, digits, kind = data[0], data[2], data[3]
    assert first & 0x03 == 1 and first & 0x40 == 0, 'one SMS-SUBMIT'
    end = 4 + (digits + 1) // 2
    number = data[4:end].hex()
    number = ''.join(number[n + 1] + number[n]
                     for n in range(0, len(number), 2))[:digits]
    coding = data[end + 1]
    end += 2 + {0: 0, 2: 1, 1: 7, 3: 7}[first >> 3 & 3]
    length, text = data[end], data[end + 1:]
    if coding & 0x0c == 8:
        text = text[:length].decode('utf-16-be')
    else:
        assert coding & 0x0c == 0
        text = _unpack_gsm(text, length)
    return Message(('+' if kind == 0x91 else '') + number, text)
