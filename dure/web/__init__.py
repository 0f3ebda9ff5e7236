"""The pages: a request becomes an actor and one action or query, and the answer a response."""
