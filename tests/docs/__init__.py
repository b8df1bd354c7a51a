"""Every Python block of README.md and docs/ runs."""
