"""Key files that ask for more work than one call may cause."""

import binascii

import pytest
from cryptography.hazmat.primitives.serialization import load_der_private_key

from admit.base.key_stretching import check_openssh, checked_pkcs8
from admit.base.private_keys import KeyRefused, open_private_key

# Throw-away keys, made for this file by OpenSSL 3 and ssh-keygen 9; what opens them stands beside them.
USUAL = (
    "MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjKpVbiu9UAIwICCAAwDAYIKoZIhvcNAgkFADAdBglghkgB"
    "ZQMEASoEEKLqOxq6LDQmgQ+ZCez9TSIEQO2TZLwWuN/dS9XVOf6PWfxWJHY4jrT9WljCh2oTZ/niaP6BnmnKOumDyLiy"
    "GygUhra4EkXu9UKcXCZtZiJpls0="
)
"""openssl pkcs8 -topk8 -passout pass:x"""
THREE_MILLION = (
    "MIGcMFgGCSqGSIb3DQEFDTBLMCoGCSqGSIb3DQEFDDAdBAh1kGxQTCH/DAIDLcbAMAwGCCqGSIb3DQIJBQAwHQYJYIZI"
    "AWUDBAEqBBBJEjWPVj/219rZK5UTvz/VBEBpnDravwaOL2Rmh9sRbkL8w52C+H+D1vr1vIP85F2VQQZ6Q4MafMocBwmA"
    "MgG8SGFw259pbGQu5lvQoZPz2nE7"
)
"""openssl pkcs8 -topk8 -passout pass:x -iter 3000000"""
SCRYPT = (
    "MIGTME8GCSqGSIb3DQEFDTBCMCEGCSsGAQQB2kcECzAUBAj3GF2VVC10NgICQAACAQgCAQEwHQYJYIZIAWUDBAEqBBAZ"
    "Ob/DJV6sF5pEdwAnaOxZBEDbq7uZ2+PI8Xtr24lEpBNoXI14m3J+gTFqqamBhl5z2sO6Mw/LIed0eImPa/vtyuVCTjwI"
    "CMA7PYDa7T1ckiOl"
)
"""openssl pkcs8 -topk8 -passout pass:x -scrypt"""
PBES1 = (
    "MFgwHAYKKoZIhvcNAQwBAzAOBAhSuQM4qTifcAICCAAEODYDv21RrmCRd41bxkZgptLv+uCnXsGOwu+exc3YQcV/XOl2"
    "KeffhsyGaCSV/0aEfF5fBKrVUWCL"
)
"""openssl pkcs8 -topk8 -passout pass:x -v1 PBE-SHA1-3DES"""
SSH_USUAL = (
    "b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0AAAAGAAAABAdy3AJzGb6YdG0QS9m8byfAAAAEAAA"
    "AAEAAAAzAAAAC3NzaC1lZDI1NTE5AAAAICZxbrZPw8ycVRLvh1MgpPm9FJCESdihSIb6E1HFtJQGAAAAkOWw7EHf3Uie"
    "ZHQeXsUsnzLLpMhx7Ub4UN3DVy2RpB0WalmzuZWwgTNwBvYET60rR/zIkWfox4yb8e6PA6Swp2z9BJdVm7MfxXI0vjM2"
    "V2tn5OoYGy/yYYJGmHIbfaLIoyMCsPvBgdVepZcVlih62Qw89DlVq9JUrn2u4fZQFXHPAi4F22HV0Clfru9jW26T2w=="
)
"""ssh-keygen -t ed25519 -N secret -a 16"""
SSH_300 = (
    "b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0AAAAGAAAABAfLm6tLgxnZNwJ/B7sXtRqAAABLAAA"
    "AAEAAAAzAAAAC3NzaC1lZDI1NTE5AAAAIP/JoOCR/f64DOnMYNTLHrO5/vmdgCglph1aTbvNg7ouAAAAkO3VrLntWNXk"
    "aAFMQDkCkwc4dYvW83UkeQzAtzaVcn+moIQtcgio5uUhmGNNzctq9vzzUktUcJ/NU0W6EFcpiWquu8ctAx2X4SipPJ5i"
    "2qtO8VV4FzdEc378HbxkP+DI/9rymI+odkm2B54b6UChKcNbdJHAqGAkeSjAsAgktOe45A/q5vQsJFFrx/2B8cP7fQ=="
)
"""ssh-keygen -t ed25519 -N secret -a 300"""


def pem(label: str, encoded: str) -> bytes:
    """A key file."""
    return f"-----BEGIN {label}-----\n{encoded}\n-----END {label}-----\n".encode()


def pkcs8(encoded: str) -> bytes:
    """A key file of OpenSSL."""
    return pem("ENCRYPTED PRIVATE KEY", encoded)


def openssh(encoded: str) -> bytes:
    """A key file of OpenSSH."""
    return pem("OPENSSH PRIVATE KEY", encoded)


def test_a_usual_key_passes() -> None:
    """a usual key passes"""
    assert load_der_private_key(checked_pkcs8(pkcs8(USUAL)), b"x")
    assert open_private_key(pkcs8(USUAL), "x").fingerprint.count(":") == 15
    check_openssh(openssh(SSH_USUAL))


@pytest.mark.parametrize("encoded", [THREE_MILLION, SCRYPT, PBES1, USUAL[:80], "", "AAAA"])
def test_a_pkcs8_key_that_asks_for_too_much_or_unclearly_is_refused(encoded: str) -> None:
    """a PKCS #8 key that asks for too much, or unclearly, is refused"""
    with pytest.raises(ValueError):  # noqa: PT011 - of several readers
        checked_pkcs8(pkcs8(encoded))
    with pytest.raises(KeyRefused):
        open_private_key(pkcs8(encoded), "x")


@pytest.mark.parametrize("encoded", [SSH_300, SSH_USUAL[:40], "", "AAAA"])
def test_an_openssh_key_that_asks_for_too_much_or_unclearly_is_refused(encoded: str) -> None:
    """an OpenSSH key that asks for too much, or unclearly, is refused"""
    with pytest.raises((ValueError, binascii.Error)):
        check_openssh(openssh(encoded))
    with pytest.raises(KeyRefused):
        open_private_key(openssh(encoded), "secret")


def test_a_label_that_only_looks_like_a_key_is_refused() -> None:
    """a label that only looks like a key is refused"""
    text = pkcs8(THREE_MILLION).replace(b"BEGIN ENCRYPTED", b"BEGIN  ENCRYPTED")
    with pytest.raises(KeyRefused):
        open_private_key(text, "x")
