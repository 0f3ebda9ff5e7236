"""Tests of dure.mail."""
