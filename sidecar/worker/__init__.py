"""The worker: estimates that take longer than a request may hold up the others, in a process of their own.

Job: start a short-lived process for one question, and bring back its answer or a problem.
Must not: read a store, or let a process that hangs, dies or grows harm the daemon.
"""
