"""Tests of dure.core."""
