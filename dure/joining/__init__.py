"""Every way in: founding a workspace, registration by an admin, invitations."""
