"""Who is to blame for a wrong answer: the operation, the line, the numbers."""
