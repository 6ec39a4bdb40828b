"""Findings for readers: text, Markdown, HTML and JSON. Everything that formats is here, and nothing here judges."""
