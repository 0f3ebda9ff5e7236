"""Tests of Dure: stories first."""
