"""A page: drawn by a template, with headers that let it do nothing but show itself and send its own form."""

from __future__ import annotations

import base64
import hashlib
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import Response

_JINJA: Final = Environment(
    loader=PackageLoader("pawline.console"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
    lstrip_blocks=True, auto_reload=False,
)  # fmt: skip
_STYLE: Final = _JINJA.get_template("style.css").render()
_DIGEST: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
HEADERS: Final = {
    "content-security-policy": (
        f"default-src 'none'; style-src 'sha256-{_DIGEST}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex, nofollow",
}
"""Of every page (https://owasp.org/www-project-secure-headers). An address may be somebody's key: it goes nowhere."""


def written(template: str, **given: Any) -> str:  # noqa: ANN401
    """The page of a template as a text, to be kept as a file. What is given is escaped."""
    return _JINJA.get_template(template).render(style=_STYLE, **given)


def drawn(template: str, status: int = 200, *, again: int | None = None, **given: Any) -> Response[str]:  # noqa: ANN401
    """The page of a template; it is loaded anew `again` seconds later, if that is said."""
    text = _JINJA.get_template(template).render(style=_STYLE, **given)
    headers = HEADERS if again is None else HEADERS | {"refresh": str(again)}
    if status == 503:
        headers = headers | {"retry-after": "5"}
    return Response(text, status_code=status, media_type="text/html", headers=headers)
