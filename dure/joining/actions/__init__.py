"""What lets people in."""
