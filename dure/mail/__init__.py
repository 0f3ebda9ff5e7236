"""Letters: written into an outbox in the transaction of their reason, delivered later, at least once."""
