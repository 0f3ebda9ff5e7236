"""Named by what they do."""
