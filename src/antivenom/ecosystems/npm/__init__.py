"""npm as a registry: what its tarballs declare, what of them runs when, where files are."""
