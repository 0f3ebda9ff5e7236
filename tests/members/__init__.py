"""Tests of dure.members."""
