"""Sign-in shared by several portals."""
