"""Dure (두레): the front gate of a company's workspace."""

__version__ = "0.1.0"
