"""Serve a GGUF file with the real llama.cpp server until standard input ends: `serve_llama.py FILE`.

Job: one line with its address on standard output once it listens; its own words on standard error.
Must not: give the model an alias: without one the server names it by its absolute path.
"""

import sys

import xllamacpp

CONTEXT = 256  # tokens; a short prompt fits, a long one overflows


def main(path: str) -> None:
    """Serve."""
    settings = xllamacpp.CommonParams()
    settings.model.path = path
    settings.hostnames = ["127.0.0.1"]
    settings.port = 0
    settings.n_ctx = CONTEXT
    settings.n_parallel = 1
    settings.n_predict = 32
    settings.warmup = False
    server = xllamacpp.Server(settings)
    sys.stdout.write(f"{server.listening_address}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1])
