"""Sharing, as pure decisions: what may leave this machine, if its owner ever says so.

Job: the manifest (one reviewed table) and what follows from it for one record.
Must not: send, store, read a clock or a file, or know the network.
"""
