"""Which algorithms the gate speaks: to clients what nothing is known against, to hosts what they know."""

KEY_EXCHANGES = (
    # Also holds against who records today and has a quantum computer later.
    "mlkem768x25519-sha256",
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
)
"""No NIST curves, no SHA-1, and no exchange in whole numbers: strangers could make the gate bear its cost."""
CIPHERS = (
    # AES in hardware first: chacha20 takes twice as long here.
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
    "chacha20-poly1305@openssh.com",
    "aes256-ctr",
    "aes128-ctr",
)
QUICKEST_FIRST = f"^{CIPHERS[0]},{CIPHERS[1]}"
"""What is asked of hosts: of all that they may know first what costs least."""
MACS = ("hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com")
"""Only with AES in counter mode. Encrypted first, then authenticated."""
WINDOW = 2 * 1024 * 1024
"""How many bytes a peer may send on a channel before it is told to go on: OpenSSH's own."""
PACKET = 256 * 1024
"""The most bytes of a channel's packet: larger ones cost less each. OpenSSH sends 32 KiB."""
