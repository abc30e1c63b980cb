"""Text that cannot steer a terminal.

Job: show control characters, directional marks and broken surrogates as escapes.
Must not: change anything that a person can see.
"""


def inert(text: object) -> str:
    r"""`"\x1b[2J"` -> `"\\x1b[2J"`: what is not printable stands there as its escape.

    A name of a model, a path or a product file comes from others; printed as it is, it could clear the
    screen, rewrite a line above, or type into the shell.
    """
    shown = str(text)
    if shown.isprintable():
        return shown
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in shown
    )
