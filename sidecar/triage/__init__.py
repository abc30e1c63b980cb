"""Triage of feature requests: what people want, which wishes are one, what comes first.

Job: turn wishes into requests with category, votes, priority and suggested duplicates (`requests.triage`).
Must not: read a store or a clock, decide for a person, or be loaded by a daemon that nobody asks.
"""
