"""What changes a workspace itself."""
