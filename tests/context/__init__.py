"""What surrounds a release."""
