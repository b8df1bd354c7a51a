"""Who owns which lanes, the hints that wake them, and our public event stream."""
