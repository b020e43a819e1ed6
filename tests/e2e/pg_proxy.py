# SPDX-License-Identifier: BSD-3-Clause
"""A proxy that harms what it carries, between a host and a server without TLS.

    pg_proxy.py ADDRESS PORT TO_ADDRESS TO_PORT HARM WORD

When the statement WORD first comes by in what the host sends, it does the
harm: "before"
cuts the line without passing it on; "after" passes it on, waits for the
answer, keeps that to itself and cuts the line; "silent" does as "after" but
leaves the line open and says nothing any more; "deaf" leaves it open and
passes nothing on. It prints a line when it listens and one for each harm.
"""

import socket
import sys
import threading


class Line:
    def __init__(self, client, target, harm, word):
        self.client, self.harm, self.word = client, harm, word
        self.server = socket.create_connection(target)
        self.harmed = threading.Event()
        threading.Thread(target=self._upwards, daemon=True).start()
        threading.Thread(target=self._downwards, daemon=True).start()

    def _cut(self):
        for each in (self.client, self.server):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _upwards(self):
        seen = b''
        try:
            while data := self.client.recv(65536):
                if self.harmed.is_set():
                    continue
                seen = (seen + data)[-65536:]
                if self.word in seen:
                    self.harmed.set()
                    print('harm', flush=True)
                    if self.harm == 'before':
                        self._cut()
                        return
                    if self.harm == 'deaf':
                        continue
                self.server.sendall(data)
            if not self.harmed.is_set():
                self._cut()
        except OSError:
            self._cut()

    def _downwards(self):
        try:
            while data := self.server.recv(65536):
                if not self.harmed.is_set():
                    self.client.sendall(data)
                elif self.harm == 'after':
                    self._cut()
            if not self.harmed.is_set():
                self._cut()
        except OSError:
            self._cut()


def main():
    address, port, to_address, to_port, harm, word = sys.argv[1:]
    with socket.create_server((address, int(port)), backlog=64) as listener:
        print('listening', flush=True)
        while True:
            client, _ = listener.accept()
            Line(client, (to_address, int(to_port)), harm,
                 word.encode() + b'\0')


main()
