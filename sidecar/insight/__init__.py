"""Insight: from counts to honest numbers, for one person's store and for the fleet alike.

Job: hold the pure statistics, one file per question that a person asks of the counts.
Must not: read a store, a clock or chance, or say more than the counts can carry.

The formulas with worked examples: docs/statistics.md.
"""
