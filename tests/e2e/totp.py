# SPDX-License-Identifier: BSD-3-Clause
"""What an authenticator app does (RFC 6238), written apart from the module."""

import base64
import hashlib
import hmac
import struct
import time
from urllib.parse import parse_qs, unquote, urlsplit

PERIOD = 30


def step(now=None):
    return int(time.time() if now is None else now) // PERIOD


def code(secret, at, digits=6):
    """The code of a time step, the secret in base32 without padding."""
    key = base64.b32decode(secret + '=' * (-len(secret) % 8))
    mac = hmac.new(key, struct.pack('>Q', at), hashlib.sha1).digest()
    start = mac[-1] & 15
    number = struct.unpack('>I', mac[start:start + 4])[0] & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def near(secret, around=3):
    return {code(secret, step() + n) for n in range(-around, around + 1)}


def wrong(secret):
    """A code that is right at no moment near this one."""
    right = near(secret)
    return next(c for c in ('111111', '222222', '333333', '444444', '555555',
                            '666666', '777777', '888888') if c not in right)


def parse_uri(uri):
    """Label and parameters of an otpauth URI."""
    parts = urlsplit(uri)
    assert (parts.scheme, parts.netloc) == ('otpauth', 'totp'), uri
    parameters = {k: v[0] for k, v in parse_qs(parts.query).items()}
    return unquote(parts.path.lstrip('/')), parameters
