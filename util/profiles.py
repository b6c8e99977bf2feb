"""The profile of a user, read from the accounts database when it is needed."""

import dataclasses
from collections.abc import Callable, Mapping

import psycopg2
from psycopg2 import sql

from util.database import CONNECTION, bound_waits
from util.errors import ProfileNotFound, Unavailable

FREE_USER = "free_user"
PREMIUM_USER = "premium_user"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Profile:
    """One account. `id` is the user's Globus identity."""

    id: str
    name: str
    email: str
    institution: str
    role: str

    @property
    def is_premium(self) -> bool:
        """Whether the user has the Premium plan."""
        return self.role == PREMIUM_USER


class Profiles:
    """Reads accounts from the table of that name; `credentials` returns host, port, dbname, username, password."""

    def __init__(self, credentials: Callable[[], Mapping[str, str]], table: str) -> None:
        bound_waits()
        self._credentials = credentials
        self._columns = [field.name for field in dataclasses.fields(Profile)]
        self._query = sql.SQL("SELECT {} FROM {} WHERE id = %s").format(
            sql.SQL(", ").join(map(sql.Identifier, self._columns)), sql.Identifier(table)
        )

    def get(self, user_id: str) -> Profile:
        """Return the user's profile. Raises ProfileNotFound, and Unavailable while the database is away."""
        access = self._credentials()
        try:
            connection = psycopg2.connect(
                host=access["host"],
                port=access["port"],
                dbname=access["dbname"],
                user=access["username"],
                password=access["password"],
                **CONNECTION,
            )
            try:
                with connection.cursor() as cursor:
                    cursor.execute(self._query, (user_id,))
                    row = cursor.fetchone()
            finally:
                connection.close()
        except psycopg2.OperationalError as error:
            raise Unavailable("the accounts database does not answer") from error
        if row is None:
            raise ProfileNotFound(f"there is no account {user_id}")
        return Profile(**dict(zip(self._columns, row, strict=True)))
