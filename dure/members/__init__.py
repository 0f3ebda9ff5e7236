"""A person's place in one workspace: admission, states, rights, leaving."""
