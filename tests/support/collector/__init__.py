"""A collector that a test can script: what a true one knows, and every kind of nonsense.

Job: `ledgerbook` knows, `front` speaks HTTP as values, `script` spoils the answers, `server` puts them on a
socket, `remote` runs it in a process of its own; `letters` are what well-behaved senders write.
Must not: import the product: it is what the product is judged by.
"""
