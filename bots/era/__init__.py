"""ERAs (835): read, judged, kept, told apart, put where billing takes them, and missed when they do not come."""
