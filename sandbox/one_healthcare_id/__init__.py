"""The simulated One Healthcare ID, the sign-in service in front of UnitedHealthcare's portal."""
