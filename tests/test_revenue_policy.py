"""The company's policy is the default of every revenue question and metric; what a question says itself stays."""

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from lib import queries
from lib.cli import cli
from lib.errors import StoreError
from lib.intake import load_frames
from lib.queries.policies import counted_by, with_policy
from lib.questions import MetricQuestion, Revenue, RevenuePolicy, parse
from lib.settings import Settings, write_settings
from lib.store import Edit, Store

KEPT = RevenuePolicy(discounts="list", pause="churn")


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One customer who pays 80 of 100."""
    write_settings(tmp_path, Settings())
    rows = pl.DataFrame({"subscription_id": ["s"], "account_id": ["a"], "start_date": [date(2026, 1, 5)],
                         "mrr_cents": [8_000], "list_mrr_cents": [10_000]})  # fmt: skip
    load_frames(tmp_path, {"subscriptions": rows}, "test")
    monkeypatch.setenv("GROWTHOPS_WORKSPACE", str(tmp_path))
    return tmp_path


def keep(folder: Path, policy: RevenuePolicy, key: str = "standard") -> None:
    store = Store(folder)
    try:
        store.definitions.publish(Edit("policy", key, policy.model_dump(), "Revenue policy", "ana"))
    finally:
        store.close()


def test_questions_without_a_policy_follow_the_company(workspace: Path) -> None:
    asked, metric = parse({"kind": "revenue"}), parse({"kind": "metric", "metric": "mrr", "grain": "month"})
    own = parse({"kind": "revenue", "policy": {}})
    assert queries.policy() == RevenuePolicy()
    assert queries.ask(asked).tables["movements"]["end_mrr"][-1] == 80
    keep(workspace, RevenuePolicy(pause="keep"), "another-key")
    assert queries.policy() == RevenuePolicy(), "only one policy counts"
    keep(workspace, KEPT)
    answer = queries.ask(asked)
    assert answer.tables["movements"]["end_mrr"][-1] == 100
    assert isinstance(answer.question, Revenue) and answer.question.policy == KEPT, "the answer says what was counted"
    assert queries.ask(metric).tables["metric"]["value"][-1] == 100
    assert queries.ask(own).tables["movements"]["end_mrr"][-1] == 80
    compared = queries.ask(parse({"kind": "revenue", "view": "policies", "policy": {}}))
    assert compared.tables["numbers"].filter(pl.col("measure") == "end_mrr").row(0) == ("end_mrr", 100, 80)


def test_the_command_line_counts_alike(workspace: Path) -> None:
    keep(workspace, KEPT)

    def asked(question: dict[str, object]) -> float:
        ran = CliRunner().invoke(cli, ["ask", "-", "--workspace", str(workspace)], input=json.dumps(question))
        assert ran.exit_code == 0, ran.output
        return json.loads(ran.output)["tables"]["movements"][-1]["end_mrr"]

    assert (asked({"kind": "revenue"}), asked({"kind": "revenue", "policy": {"discounts": "net"}})) == (100, 80)


def test_only_questions_about_revenue_are_changed() -> None:
    funnel = parse({"kind": "funnel", "steps": ["a", "b"]})
    people = parse({"kind": "metric", "metric": "active_users"})
    unknown = MetricQuestion(metric="nobody_knows")
    for question in (funnel, people, unknown):
        assert with_policy(question, lambda: KEPT) is question
    assert counted_by(Revenue(), RevenuePolicy()) == Revenue()
    stated = MetricQuestion(metric="mrr", policy=RevenuePolicy())
    assert with_policy(stated, lambda: KEPT) is stated


def test_a_policy_this_version_cannot_read_is_said(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(workspace, KEPT)
    monkeypatch.setattr("lib.queries.policies.RevenuePolicy", Revenue)
    with pytest.raises(StoreError, match="The revenue policy cannot be read: Extra inputs are not permitted"):
        queries.policy()
