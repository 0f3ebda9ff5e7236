"""One module for each ``dure`` sub-command."""
