"""Google Analytics 4, pretended: it says 204 to everything, and its validation server says what is wrong."""
