"""Links: where a log-in may lead back to, and under which name a file is downloaded."""

import unicodedata
from urllib.parse import quote, urlsplit

# RFC 8187 lets these stand for themselves in an extended value.
ATTRIBUTE_CHARACTERS = "!#$&+-.^_`|~"


def safe_next(target: str | None) -> str | None:
    """Return the target where it is a path of this site, None where it could lead elsewhere."""
    if not target or not target.startswith("/") or target.startswith("//"):
        return None
    # Browsers read a backslash as a slash, and drop tabs and line breaks.
    if "\\" in target or any(unicodedata.category(character) == "Cc" for character in target):
        return None
    parts = urlsplit(target)
    return None if parts.scheme or parts.netloc else target


def attachment(file_name: str) -> str:
    """Return the Content-Disposition that saves a download under its own name, whatever the name's characters."""
    plain = "".join(character if _is_plain(character) else "_" for character in file_name)
    disposition = f'attachment; filename="{plain}"'
    if plain != file_name:
        disposition += f"; filename*=UTF-8''{quote(file_name, safe=ATTRIBUTE_CHARACTERS)}"
    return disposition


def _is_plain(character: str) -> bool:
    return character.isascii() and character.isprintable() and character not in '"\\%'
