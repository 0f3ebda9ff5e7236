"""The stories in a real Chromium."""
