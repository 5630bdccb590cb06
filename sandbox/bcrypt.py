"""bcrypt hashes, for the registry's htpasswd file and RandomPassword's ``bcryptHash``; nothing verifies with it here.

No dependency of ours brings bcrypt, and Python's own ``crypt`` is gone from 3.13 on. Slow, being Python, so the
work factor is the least that is allowed: fit for passwords of a sandbox, which are long, random and lie beside it.
Source: Provos and Mazières, "A Future-Adaptable Password Scheme", and crypt_blowfish's prefix ``2b``.
"""

import base64
import secrets
from functools import cache
from itertools import cycle

COST = 4
"""Rounds as a power of two; 4 is the least. One hash takes about 0.2 s."""
MOST_BYTES = 72
"""Of a password; what follows is ignored."""
_MAGIC = b"OrpheanBeholderScryDoubt"
_STANDARD = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_OWN = b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_ALPHABET = bytes.maketrans(_STANDARD, _OWN)
_WORD = 0xFFFFFFFF


def bcrypt(password: str, salt: bytes | None = None, cost: int = COST) -> str:
    """The hash of ``password``, ready for a htpasswd file; ``salt`` is 16 bytes, random when left out."""
    salt = secrets.token_bytes(16) if salt is None else salt
    cipher = _expensive((password.encode() + b"\0")[:MOST_BYTES], salt, cost)
    hashed = b"".join(_encrypted(cipher, _MAGIC[at : at + 8]) for at in (0, 8, 16))
    return f"$2b${cost:02}${_text(salt)}{_text(hashed[:23])}"


def _text(data: bytes) -> str:
    return base64.b64encode(data).translate(_ALPHABET, b"=").decode()


def _encrypted(cipher: "_Blowfish", block: bytes) -> bytes:
    left, right = int.from_bytes(block[:4]), int.from_bytes(block[4:])
    for _ in range(64):
        left, right = cipher.encrypt(left, right)
    return left.to_bytes(4) + right.to_bytes(4)


def _expensive(key: bytes, salt: bytes, cost: int) -> "_Blowfish":
    cipher = _Blowfish()
    cipher.expand(key, salt)
    for _ in range(1 << cost):
        cipher.expand(key, bytes(16))
        cipher.expand(salt, bytes(16))
    return cipher


class _Blowfish:
    """The cipher's state: 18 subkeys and four boxes of 256 words, at first the digits of pi."""

    def __init__(self) -> None:
        words = _digits_of_pi()
        self.keys = list(words[:18])
        self.boxes = [list(words[18 + at : 274 + at]) for at in range(0, 1024, 256)]

    def encrypt(self, left: int, right: int) -> tuple[int, int]:
        """One block of two words."""
        s0, s1, s2, s3 = self.boxes
        for key in self.keys[:16]:
            left ^= key
            mixed = (((s0[left >> 24] + s1[left >> 16 & 255]) ^ s2[left >> 8 & 255]) + s3[left & 255]) & _WORD
            left, right = right ^ mixed, left
        return right ^ self.keys[17], left ^ self.keys[16]

    def expand(self, key: bytes, salt: bytes) -> None:
        """Mix ``key`` into the subkeys, then replace everything by encryptions chained with ``salt``."""
        stream = cycle(key)
        self.keys = [word ^ int.from_bytes(bytes(next(stream) for _ in range(4))) for word in self.keys]
        salts = cycle((int.from_bytes(salt[:8]), int.from_bytes(salt[8:])))
        left = right = 0
        for table in (self.keys, *self.boxes):
            for at in range(0, len(table), 2):
                mixed = next(salts)
                left, right = self.encrypt(left ^ mixed >> 32, right ^ mixed & _WORD)
                table[at : at + 2] = left, right


@cache
def _digits_of_pi() -> tuple[int, ...]:
    """The fraction of pi, 1042 words of 32 bits, by Machin's formula: 16 arctan(1/5) - 4 arctan(1/239)."""
    bits, guard = 1042 * 32, 64
    one = 1 << bits + guard
    fraction = (16 * _arctan(5, one) - 4 * _arctan(239, one)) % one >> guard
    return tuple(fraction >> shift & _WORD for shift in range(bits - 32, -1, -32))


def _arctan(inverse: int, one: int) -> int:
    term, total, divisor = one // inverse, 0, 1
    while term:
        total += term // divisor if divisor % 4 == 1 else -(term // divisor)
        term, divisor = term // inverse**2, divisor + 2
    return total
