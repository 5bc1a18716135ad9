"""Recorded pages: what a portal showed, scrubbed of whatever is not known to be the portal's own words."""
