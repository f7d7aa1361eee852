"""No private key that somebody sends holds the server up, or is kept although it is none."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateNumbers, RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.callers import refused
from tests.security.stage import Bastion
from tests.system import System

E = 65_537
# Two of Mersenne's primes. To find out that they are primes takes longer than any test may.
P, Q = 2**9689 - 1, 2**9941 - 1


def encoded(p: int, q: int, form: PrivateFormat, e: int = E) -> str:
    """An RSA key of these primes, as it is sent; with another ``e`` its exponents do not belong together."""
    d = pow(E, -1, (p - 1) * (q - 1))
    numbers = RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), RSAPublicNumbers(e, p * q))
    key = numbers.private_key(unsafe_skip_rsa_key_validation=True)
    return base64.b64encode(key.private_bytes(Encoding.PEM, form, NoEncryption())).decode()


def by_hand(*parts: int) -> str:
    """An RSA key of any parts at all, in the form of PKCS #1, as it is sent."""

    def told(tag: int, octets: bytes) -> bytes:
        many = len(octets)
        # DER writes a length in as few octets as it takes.
        length = (
            bytes([many]) if many < 128 else bytes([0x81 + (many > 255)]) + many.to_bytes(1 + (many > 255))
        )
        return bytes([tag]) + length + octets

    numbers = b"".join(told(2, part.to_bytes(part.bit_length() // 8 + 1)) for part in (0, *parts))
    text = base64.encodebytes(told(0x30, numbers))
    lines = b"-----BEGIN RSA PRIVATE KEY-----\n%s-----END RSA PRIVATE KEY-----\n" % text
    return base64.b64encode(lines).decode()


def account(bastion: Bastion, key: str) -> dict[str, str]:
    return {
        "InstanceId": bastion.instance,
        "HostId": bastion.ids["HostId"],
        "ProtocolName": "SSH",
        "HostAccountName": "deploy",
        "PrivateKey": key,
    }


@pytest.mark.parametrize(
    "form", [PrivateFormat.TraditionalOpenSSL, PrivateFormat.PKCS8, PrivateFormat.OpenSSH]
)
def test_a_huge_key_is_read_without_proving_its_primes(system: System, form: PrivateFormat) -> None:
    bastion = Bastion(system)
    assert system.call(bastion.product, "CreateHostAccount", **account(bastion, encoded(P, Q, form)))


SMALL_P, SMALL_Q = 2**521 - 1, 2**607 - 1
SMALL = SMALL_P * SMALL_Q


@pytest.mark.parametrize(
    "key",
    [
        encoded(SMALL_P, SMALL_Q, PrivateFormat.TraditionalOpenSSL, e=3),
        by_hand(SMALL, E, 5, 1, SMALL, 1, 1, 1),
        by_hand(SMALL, E, 5, SMALL, 1, 1, 1, 1),
        by_hand(SMALL, E, 5, 2, SMALL // 2, 1, 1, 1),
        by_hand(SMALL + 2, E, 5, SMALL_P, SMALL_Q, 1, 1, 1),
        by_hand(0, 0, 0, 0, 0, 0, 0, 0),
    ],
)
def test_a_key_whose_parts_do_not_fit_is_refused(system: System, key: str) -> None:
    bastion = Bastion(system)
    before = system.revision()
    assert refused(system.call, bastion.product, "CreateHostAccount", **account(bastion, key))[0] == 400
    assert system.revision() == before
