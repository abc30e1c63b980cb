"""The store: one SQLite file, and the only SQL of the local product.

Job: keep records, the cells counted from them, tombstones and the ledger, so that what was acknowledged is on
the disk and what was deleted is not.
Must not: know HTTP, consent or the network, or scan records to answer a question that cells can answer.
"""
