"""How much a check can see: rules are made wrong in known ways, and whether the checks of them notice is counted."""
