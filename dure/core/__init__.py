"""What every use case stands on: actors, permissions, actions, domain errors, one-time secrets, the clock."""
