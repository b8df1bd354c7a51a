"""One folder per outside system, each in the roles that it plays."""
