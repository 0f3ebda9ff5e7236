"""Tests of dure.management."""
