"""Databases of other systems, read and never written: one connection an account, in a thread of its own."""

from pawline.kit.database.address import Address
from pawline.kit.database.line import ODD, Table, check_ca
from pawline.kit.database.reading import Database
from pawline.kit.database.statement import AFTER, Engine, check_query, sql_name

__all__ = ["AFTER", "ODD", "Address", "Database", "Engine", "Table", "check_ca", "check_query", "sql_name"]
