"""What queries see: a dictionary for each of the vendor's types, whose wider parts are made when they are asked for."""
