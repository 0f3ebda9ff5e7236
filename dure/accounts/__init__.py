"""The person's identity: one account, its addresses, its password, its sessions. It knows no workspace."""
