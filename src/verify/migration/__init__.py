"""Checkers of other packages by their own arguments, with this project's verdicts: a test changes one import."""
