"""Tests of dure.joining."""
