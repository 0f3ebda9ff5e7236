"""The ground floor: what happened, in a chain; it knows bare ids and nobody."""
