"""What others are told: security events, the ledger for a SIEM, exports for an auditor."""
