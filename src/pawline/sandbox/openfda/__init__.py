"""openFDA, pretended: the list of enforcement reports of food, to which somebody adds."""
