"""The company's space and its policies."""
