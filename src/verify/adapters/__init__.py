"""Functions of other frameworks as claims: a framework is looked up where somebody has imported it, never imported."""
