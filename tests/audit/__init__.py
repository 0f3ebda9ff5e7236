"""Tests of dure.audit."""
