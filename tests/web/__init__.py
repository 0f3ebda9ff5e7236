"""Tests of dure.web."""
