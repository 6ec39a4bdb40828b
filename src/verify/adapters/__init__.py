"""Custom ops of other frameworks as claims: frameworks are looked up among the modules that run already, not imported."""
