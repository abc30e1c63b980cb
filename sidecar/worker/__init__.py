"""The worker: work that takes long or much memory, in a short-lived process of its own.

Job: start a process for one question, and bring back its answer or a problem.
Must not: write to a store, or let a process that hangs, dies or grows harm the daemon.

    ask.py: the daemon's side · __main__.py: the process
    comparing.py, triaging.py: one module for each question, with what is asked and how it is answered
"""
