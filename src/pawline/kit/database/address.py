"""Where a database is: read out of a URL that holds no secret."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from pawline.kit.database.statement import Engine

ENGINES: Final[dict[str, Engine]] = {
    "sqlite": "sqlite", "postgresql": "postgresql", "postgres": "postgresql", "mysql": "mysql", "mariadb": "mysql",
}  # fmt: skip
PORTS: Final[dict[Engine, int]] = {"postgresql": 5432, "mysql": 3306, "sqlite": 0}
EXAMPLE: Final = "postgresql://pawline@erp.example/erp, mysql://pawline@erp.example/erp or sqlite:///srv/erp.db"


class Address(NamedTuple):
    """Of SQLite `name` is the file. `socket` is one of this machine: a folder of Postgres's, MySQL's file."""

    engine: Engine
    host: str
    port: int
    user: str
    name: str
    socket: str = ""

    @property
    def called(self) -> str:
        """What people call it; no secret."""
        return self.name if self.engine == "sqlite" else f"{self.name} at {self.socket or self.host}"

    @classmethod
    def of(cls, url: str) -> Address:
        """Raises ValueError, which never has the URL in it: whoever wrote a password into it may have it logged."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise ValueError(f"`url` cannot be read: write it as {EXAMPLE}") from None
        if parts.password is not None:
            raise ValueError("a password does not stand in `url`: give it as `password`, and change it")
        engine = ENGINES.get(parts.scheme)
        if engine is None or parts.fragment:
            raise ValueError(f"`url` is {EXAMPLE}; other databases are not spoken to")
        if engine == "sqlite":
            return cls(engine, "", 0, "", _file(parts.netloc, unquote(parts.path), parts.query))
        more = parse_qs(parts.query, keep_blank_values=True)
        socket = "".join(more.pop("host", []))
        if more or (socket and ("," in socket or not Path(socket).is_absolute())):  # libpq takes a comma for more hosts
            raise ValueError("`url` has nothing behind ? but host=, the absolute path of a socket of this machine")
        if bool(socket) == bool(parts.hostname) or not parts.username or not parts.path.strip("/"):
            raise ValueError(f"`url` says user, host and database: {EXAMPLE}")
        name = unquote(parts.path[1:])
        return cls(engine, parts.hostname or "", port or PORTS[engine], unquote(parts.username), name, socket)


def _file(host: str, path: str, query: str) -> str:
    if host or query or not path.startswith("/"):
        raise ValueError("`url` of SQLite is the absolute path of a file: sqlite:///srv/erp.db")
    return "/" + path.lstrip("/")
