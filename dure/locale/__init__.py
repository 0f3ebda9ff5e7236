"""Catalogues of translations, and how dates read: 11/12/2026 is two days, depending on who reads."""
