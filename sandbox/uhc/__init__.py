"""The simulated UnitedHealthcare provider portal."""
