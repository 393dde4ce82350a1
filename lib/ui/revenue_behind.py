"""What the tabs of Revenue are about, and how they ask."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from lib import queries
from lib.answers import Answer
from lib.ui import revenue_choice
from lib.ui.revenue_choice import KNOWN, RevenueChoice, named_fields, question
from lib.ui.revenue_columns import Columns
from lib.ui.revenue_parts import Asked
from lib.ui.revenue_views import View
from lib.ui.words import readable

OWN_OF_SUBSCRIPTIONS = frozenset(KNOWN)


@dataclass(frozen=True)
class Behind:
    """What the tabs are about."""

    asked: Asked
    choice: RevenueChoice
    scope: Mapping[str, Any]
    view: View

    def ask(self, view: str, *, back: bool = False, of_accounts: bool = False, **more: Any) -> Answer:
        """The answer of a view: of the period, or reaching `back` to where its course can be seen.

        A view that is about whole accounts (`of_accounts`) is not broken down by what one account has several of.
        """
        choice, scope = self.choice, self.scope
        if of_accounts and not choice.is_of_accounts:
            choice = replace(choice, by=None)
        if back:
            scope = revenue_choice.reaching_back(choice, scope, queries.last_day())
        if choice.basis == "scope" and view != "drivers":
            choice = replace(choice, basis="trailing_12")
        return queries.ask(question(choice, scope, view, **more))

    def columns(self, columns: Columns, answer: Answer) -> Columns:
        """The columns, the group under its own name, or left out where there is none."""
        by = getattr(answer.question, "fields", ())
        if not by:
            return {name: part for name, part in columns.items() if name != "segment"}
        return {**columns, "segment": (readable(by[0]).capitalize(), "text")}

    def of_rows(self, view: str, usual: str, fields: Sequence[str], **more: Any) -> Answer:
        """The answer of a view about bills or deals, by the field of theirs that the address names.

        Filters on what subscriptions have leave bills and deals as they are; those on accounts hold.
        """
        by = self.view.split if self.view.split in fields else usual
        told = [part for part in self.scope.get("where", ()) if OWN_OF_SUBSCRIPTIONS.isdisjoint(named_fields(part))]
        scope = {name: value for name, value in self.scope.items() if name != "where"} | (
            {"where": told} if told else {}
        )
        asked = {"by": {"field": [by], "top": 8}} | more
        return queries.ask(question(self.choice, scope, view, **asked))


def course(answer: Answer, name: str, columns: Mapping[str, str], n: str = "accounts") -> Answer:
    """The answer with columns of a table as the chart of lines has them."""
    frame = answer.tables[name]
    parts = [
        frame.select("segment", "bucket", "complete", label=pl.lit(label), value=pl.col(column), n=pl.col(n))
        for column, label in columns.items()
    ]
    return replace(answer, tables={"course": pl.concat(parts).drop_nulls("value")})
