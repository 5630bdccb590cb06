"""The hashes that let the registry know its user; vectors are those of the published implementations."""

import pytest

from sandbox.bcrypt import bcrypt

SALT = bytes([0x10, 0x41, 0x04] * 5 + [0x10])
VECTORS = {
    "U*U": "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
    "U*U*": "$2b$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK",
    "": "$2b$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy",
}


def test_no_two_hashes_of_a_password_are_alike() -> None:
    """The salt is new every time."""
    assert bcrypt("secret") != bcrypt("secret")
    assert bcrypt("secret").startswith("$2b$04$")
    assert len(bcrypt("secret")) == 60


@pytest.mark.parametrize("password", VECTORS)
def test_known_hashes(password: str) -> None:
    """What is computed is bcrypt."""
    assert bcrypt(password, SALT, cost=5) == VECTORS[password]


def test_only_72_bytes_count() -> None:
    """As everywhere with bcrypt, longer passwords are cut."""
    assert bcrypt("x" * 72, SALT) == bcrypt("x" * 80, SALT) != bcrypt("x" * 71, SALT)
