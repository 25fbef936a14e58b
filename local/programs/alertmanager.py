"""Make Debian's Alertmanager start although its package was only unpacked.

Debian's build reads its mail templates from one absolute path, which exists only where the package
is installed.
"""

import hashlib
from pathlib import Path

_TEMPLATES = "/usr/share/prometheus/alertmanager"


def make_startable(program: Path, tools: Path) -> Path:
    """Return a program that starts this Alertmanager, which may be the program itself.

    If the templates are missing, a copy of the program gets a path of the same length that means
    "the current folder", and a script starts that copy from the folder of the templates. Paths on
    its command line must then be absolute.

    Args:
        program: the Alertmanager that was found.
        tools: the folder below which the copy is kept.

    """
    content = program.read_bytes()
    if _TEMPLATES.encode() not in content or Path(_TEMPLATES).exists():
        return program
    home = tools / "alertmanager" / hashlib.sha256(content).hexdigest()[:16]
    start = home / "start"
    if not start.exists():
        home.mkdir(parents=True, exist_ok=True)
        for name in ("default.tmpl", "email.tmpl"):
            packaged = program.parent.parent / "share" / "prometheus" / "alertmanager" / name
            # Only mail and chat receivers use the templates. For webhooks, empty ones are enough.
            (home / name).write_bytes(packaged.read_bytes() if packaged.exists() else b"")
        here = "./" * (len(_TEMPLATES) // 2)
        copy = home / "alertmanager"
        copy.write_bytes(content.replace(_TEMPLATES.encode(), here.encode()))
        copy.chmod(0o755)
        start.write_text('#!/bin/sh\ncd "${0%/*}" && exec ./alertmanager "$@"\n')
        start.chmod(0o755)
    return start
