"""The search for the point at which a derivative is most wrong: a fast screen, then certified verdicts.

Read ``sweeping`` first: it proposes points (``candidates``, ``cells``, ``shapes``), compares the answer there with a
quick reference (``screening``), climbs from the worst of them (``evolution``), and has the suspicious ones judged.
"""
