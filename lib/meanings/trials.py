"""Questions about whether a change worked."""

MEANINGS = {
    # experiment
    "Experiment.experiment": "The id of the test, as `exposures` has it.",
    "Experiment.goal": "The event that counts after the first exposure.",
    "Experiment.scope": "Which units: those first exposed in this time who fulfil the conditions, which are about "
    "people and accounts (`user.…`, `account.…`, `touch.…`, cohorts). A condition on events belongs into `goal`.",
    "Experiment.within": "How long after its first exposure what a unit does still counts; it is read when this "
    "time is over. Empty: to the end of the data.",
    "Experiment.control": "The variant the others are compared with; when empty one called `control` or the like, else "
    "the first by name.",
    "Experiment.weights": "How large a part each variant was meant to get; equal parts when empty.",
    "Experiment.guardrails": "What must not get worse.",
    "Experiment.analysis": "`fixed`: read once, when the planned number is there; `sequential`: an interval that holds "
    "however often one looks.",
    "Experiment.planned": "How many units, all variants together, the test was planned for.",
    "measure": "`conversion`: the share of units that did it; `per_user`: how often each did; `sum`: a field added up, "
    "per unit; `mean`: the mean of a field over the events.",
    "better": "Which direction is good.",
    "Guardrail.goal": "The event that counts.",
    "Guardrail.field": "The number that is added up, for `sum` and `mean`.",
    "Experiment.field": "The number that is added up, for `sum` and `mean`.",
    "Guardrail.margin": "How much worse than the control it may be at most, as part of the control's value.",
    "VariantWeight.variant": "The variant.",
    "VariantWeight.weight": "Its weight; 1 and 9 are a tenth and nine tenths.",
    # before_after
    "BeforeAfter.at": "The day of the change: the first day of the time after it.",
    "BeforeAfter.days": "How many days are looked at before, and as many after.",
    "BeforeAfter.wash_out_days": "Days right after the change that are left out, while people get used to it.",
    "BeforeAfter.measure": "`share`: of those who did `among`, who did `goal`; `count`: how many did `goal`; "
    "`new_customers`, `logo_churn` and `grr`: from subscriptions, as on the page Revenue; `trial_to_paid`: of those "
    "who signed up, whose account began to pay.",
    "BeforeAfter.goal": "The event that counts, for `share` and `count`.",
    "BeforeAfter.among": "Who is looked at: everybody who did this in the days; each once, by the first. Any event "
    "when empty.",
    "BeforeAfter.within": "How long after that the goal still counts: 7 days when empty, 30 for `trial_to_paid`.",
    "BeforeAfter.count_by": "What `count` counts: events, or different people, accounts or visits.",
    "BeforeAfter.comparison": "Conditions of a group that did not get the change; who fulfils them is not in the group "
    "of the scope.",
    "BeforeAfter.scope": "Conditions of the group that got the change. The time is said by `at` and `days`.",
    "BeforeAfter.view": "`effect`: the change and its interval; `spike`: what was usual, how much more came and what "
    "stayed; `hosts`: visits of a site that moved.",
    "BeforeAfter.hosts": "Hosts that mean the same site, for view `hosts`.",
    "BeforeAfter.policy": "How revenue is counted where companies differ; the usual way when empty.",
    "SameSite.host": "The host, such as `old.example`.",
    "SameSite.means": "The host it now goes by.",
}

EXAMPLES = {
    "experiment": """{
  "kind": "experiment",
  "experiment": "activation_email",
  "goal": "project_data_sent",
  "within": {"value": 7, "unit": "day"},
  "planned": 4000,
  "guardrails": [{"goal": "project_created", "margin": 0.05}]
}""",
    "before_after": """{
  "kind": "before_after",
  "at": "2026-01-05",
  "days": 90,
  "measure": "logo_churn",
  "better": "down",
  "scope": {"where": [{"field": "account.segment", "op": "eq", "value": "smb"}]},
  "comparison": [{"field": "account.segment", "op": "eq", "value": "mid"}]
}""",
}
