# SPDX-License-Identifier: BSD-3-Clause
"""An SMS service of the tests' own: HTTPS on loopback with certificates of
its own authority, and the sender with an options file for it."""

import collections
import http.server
import os
import pathlib
import ssl
import subprocess
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = (ROOT / os.environ.get('B', 'build')).resolve()
PROGRAM = BUILD / 'xsuite-sms-http'
PATH = '/usr/sbin:/usr/bin:/sbin:/bin'
NUMBER = '+31612345678'
TEXT = ('604412 is your code for web1.example.com, valid for 5 minutes. '
        'Never share it.')

Request = collections.namedtuple('Request', 'method path headers body')


def openssl(*words):
    subprocess.run(['openssl', *map(str, words)], check=True,
                   capture_output=True, stdin=subprocess.DEVNULL)


class Authority:
    """Makes certificates; file is what a client is to trust."""

    def __init__(self, path, name='Test CA'):
        self.path = path
        path.mkdir()
        self.file = path / 'ca.pem'
        openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt',
                'ec_paramgen_curve:P-256', '-nodes', '-days', 30,
                '-keyout', path / 'ca.key', '-out', self.file,
                '-subj', f'/CN={name}')

    def certificate(self, names='DNS:localhost,IP:127.0.0.1', days=30):
        made = self.path / f'{len(list(self.path.iterdir()))}.pem'
        key, request = made.with_suffix('.key'), made.with_suffix('.csr')
        more = made.with_suffix('.ext')
        more.write_text(f'subjectAltName = {names}\n')
        openssl('req', '-newkey', 'ec', '-pkeyopt',
                'ec_paramgen_curve:P-256', '-nodes', '-keyout', key,
                '-out', request, '-subj', '/CN=service')
        openssl('x509', '-req', '-in', request, '-CA', self.file, '-CAkey',
                self.path / 'ca.key', '-days', days, '-set_serial', 2,
                '-extfile', more, '-out', made)
        with open(made, 'a', encoding='ascii') as out:
            out.write(key.read_text())
        return made


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def handle_any(self):
        service = self.server.service
        length = int(self.headers.get('Content-Length', 0))
        service.requests.append(Request(
            self.command, self.path, self.headers, self.rfile.read(length)))
        service.reply(self)

    do_GET = do_POST = do_CONNECT = handle_any

    def answer(self, status=200, body='', headers=()):
        data = body if isinstance(body, bytes) else body.encode()
        self.send_response(status)
        self.send_header('Content-Length', str(len(data)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    tls = None

    def finish_request(self, request, client_address):
        # In the connection's own thread: a bad handshake stops nobody else.
        if self.tls is not None:
            request.settimeout(30)
            request = self.tls.wrap_socket(request, server_side=True)
        super().finish_request(request, client_address)

    def handle_error(self, *_):
        self.service.errors += 1


class Service:
    """Answers as reply, a function of a Handler, does."""

    def __init__(self, certificate=None, reply=Handler.answer):
        self.requests, self.errors, self.reply = [], 0, reply
        self._server = Server(('127.0.0.1', 0), Handler)
        self._server.service = self
        if certificate is not None:
            self._server.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._server.tls.load_cert_chain(certificate)
        self.port = self._server.server_port
        scheme = 'http' if certificate is None else 'https'
        self.url = f'{scheme}://127.0.0.1:{self.port}'
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def answers(self, status=200, body='', headers=()):
        self.reply = lambda handler: handler.answer(status, body, headers)

    def one(self):
        """The only request that came."""
        assert len(self.requests) == 1, self.requests
        return self.requests[0]


class Sender:
    """xsuite-sms-http with an options file below path."""

    def __init__(self, path):
        self.conf = path / 'etc' / 'sms-http.conf'
        self.conf.parent.mkdir(mode=0o700)

    def options(self, text):
        self.conf.write_text(text)
        self.conf.chmod(0o600)

    def run(self, *words, text=TEXT, **more):
        return subprocess.run(
            [PROGRAM, '--config', self.conf, *words],
            input=text if isinstance(text, bytes) else text.encode(),
            capture_output=True, timeout=60, check=False, cwd='/',
            **{'env': {'PATH': PATH}, **more})

    def send(self, text=TEXT, number=NUMBER, **more):
        return self.run(number, text=text, **more)

    def sends(self, text=TEXT, **more):
        done = self.send(text, **more)
        assert (done.returncode, done.stdout, done.stderr) == (0, b'', b'')

    def fails(self, code, *words, **more):
        """Exits with the code and one line, which has the words in it."""
        done = self.send(**more)
        said = done.stderr.decode()
        assert done.returncode == code, said
        assert done.stdout == b''
        for line in said.splitlines():
            assert line.startswith('xsuite-sms-http: ')
        for word in words:
            assert word in said, said
        for secret in (NUMBER[1:], '604412', 'sesame'):
            assert secret not in said
        return said
