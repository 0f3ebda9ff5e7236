"""Tests of dure.accounts."""
