"""`make demo`: what Antivenom says of real packages and of harmless look-alikes of attacks."""
