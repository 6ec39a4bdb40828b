"""The checkers that people call today, by their own arguments, answered by certified truth."""
