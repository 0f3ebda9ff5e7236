"""How Dure is started and run from the command line."""
