"""What the demo company's team looks at on Mondays: the metrics of its Pulse, and when it wants to be told."""

from typing import Any

from lib.store import Edit, Store

BOARD: dict[str, Any] = {
    "tiles": [
        {"metric": "arr"},
        {"metric": "grr", "target": 0.85, "amber": 0.8},
        {"metric": "nrr", "target": 1.0},
        {"metric": "active_users"},
        {"metric": "onboarding_rate", "target": 0.5},
        {"metric": "cost_per_kept_user", "target": 50.0, "amber": 60.0},
        {"metric": "net_new_arr", "plan": {"amount": 800_000.0, "start": "2026-10-01", "end": "2027-01-01"}},
    ],
    "grain": "week",
    "compare": "previous",
    "about": "What we look at on Mondays",
}
ALERTS: dict[str, tuple[str, dict[str, Any]]] = {
    "onboarding-breaks": (
        "Onboarding breaks",
        {"when": "falls", "metric": "onboarding_rate", "value": 0.1, "against": "previous", "grain": "week"},
    ),
    "grr-below-80": ("GRR below 80 %", {"when": "below", "metric": "grr", "value": 0.8, "grain": "week"}),
}


def write_board(store: Store, author: str) -> None:
    """Write them into a workspace; what somebody kept, changed or took off the list there stays as it is."""
    rules = [("alert", key, name, body) for key, (name, body) in ALERTS.items()]
    for kind, key, name, body in [("pulse", "team", "Pulse", BOARD), *rules]:
        if not store.definitions.history(kind, key):
            store.definitions.publish(Edit(kind, key, body, name, author))
