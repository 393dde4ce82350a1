"""What the fields of questions mean, and a question of each kind: what `docs/contract.md` says."""

MEANINGS = {
    # shared by several kinds: the plain field name
    "scope": "Which time, and which rows, the question is about.",
    "compare": "Answer again for an earlier scope: the same length just before, or the same days a year ago.",
    "week_start": "The day a week begins with.",
    "kind": "Which kind of question this is.",
    "grain": "How long one bucket of time is.",
    "by": "Split the answer into segments.",
    "where": "Conditions every row has to meet.",
    "event": "The event's name; one, or a list of which any will do. `*` is every event.",
    "label": "What to call it in the answer; the event's name when empty.",
    "count_by": "What is counted: people, their companies, or visits.",
    "view": "Which side of the answer to compute.",
    "Retention.min_times": "How often the return event has to happen within the period to count.",
    # the shared parts
    "Scope.start": "First moment inside; a day begins at midnight in the workspace's time zone. Empty: from the start.",
    "Scope.end": "First moment outside. Empty: to the end of the data.",
    "Compare.field": "A column or property of the event; `user.country` and `account.segment` reach those tables.",
    "Compare.op": "The test. A missing value passes only `ne`, `not_in`, `not_contains`, `not_matches`, `is_not_set`.",
    "Compare.value": "What to test against: a list for `in` and `not_in`, nothing for `is_set` and `is_not_set`.",
    "AllOf.all": "Every one of these has to hold.",
    "AnyOf.any": "At least one of these has to hold.",
    "Negation.not": "This must not hold.",
    "Window.value": "How many units long.",
    "Window.unit": "The unit. All are fixed lengths but the month, which follows the calendar.",
    "field": "One field, or a list whose values are joined by “ · ”. A missing value is `(none)`.",
    "top": "Keep this many of the largest segments; the rest become `Other`.",
    "take": "Whose value places a person: the first or last step of the run that has one, the step that opened it, "
    "one given step, or every value (then each is a funnel of its own).",
    "Exclude.after": "The step after which the event must not happen.",
    "Exclude.before": "The step before which it must not happen; the last step when empty.",
    "Exclude.effect": "`void` ends that run there; `remove` takes the person out of every step.",
    # funnel
    "Funnel.steps": "What has to happen, in turn. A plain name stands for an event without conditions.",
    "Funnel.entry": "Whether any start may open a run, or only the person's first start in the scope.",
    "Funnel.order": "`ordered`: one after another; `strict`: with nothing else in between; `any`: in whatever order.",
    "Funnel.window": "The longest time from the first step of a run to any later step.",
    "Funnel.later_steps": "Whether steps after the first may fall behind the end of the scope.",
    "Funnel.exclude": "Events that must not happen on the way.",
    "Funnel.from_step": "The step a conversion or a time is measured from.",
    "Funnel.to_step": "The step it is measured to; the last when empty.",
    "Funnel.bins": "How many bars the histogram of times has; chosen from the data when empty.",
    "Funnel.step": "The step whose people are listed; the last when empty.",
    "Funnel.outcome": "List those who reached the step, or those who reached the one before it and stopped.",
    # retention
    "Retention.start": "The event that puts a person into a cohort.",
    "Retention.return": "The event that counts as coming back; the start event when empty.",
    "Retention.periods": "How many periods to follow, period 0 included.",
    "Retention.entry": "Into which cohorts a person goes: that of the first start in the scope, of every start, or of "
    "the first start ever.",
    "Retention.mode": "Back in period k itself, in k or later, or in k or earlier.",
    "Retention.clock": "Periods of the calendar, or counted from each person's own start.",
    "Retention.brackets": "Group periods into ranges such as days 1–3 and 4–7; both ends belong to the range.",
    # metric
    "MetricQuestion.metric": "The metric's name in the catalog.",
}

EXAMPLES = {
    "funnel": """{
  "kind": "funnel",
  "scope": {"start": "2026-01-01", "end": "2026-02-01"},
  "steps": [
    "signup_start",
    {"event": "signup_done", "where": [{"field": "platform", "op": "in", "value": ["ios", "android"]}]},
    {"event": ["project_created", "project_joined"], "label": "First project"}
  ],
  "window": {"value": 7, "unit": "day"},
  "by": {"field": "user.country", "top": 5}
}""",
    "retention": """{"kind": "retention", "start": "signup_done", "return": "project_opened", "grain": "week"}""",
    "metric": """{"kind": "metric", "metric": "active_users", "grain": "week", "compare": "previous"}""",
}
