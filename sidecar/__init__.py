"""feedback-sidecar: honest feedback for local AI, without ever touching a prompt or an answer.

Job: carry the version of the code, once.
Must not: import anything; `import sidecar` has to stay free.
"""

__version__ = "0.1.0"
