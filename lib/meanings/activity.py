"""Questions about what people do: funnels, retention, trends and the like."""

MEANINGS = {
    # funnel
    "Funnel.steps": "What has to happen, in turn. A plain name stands for an event without conditions.",
    "Funnel.entry": "Whether any start may open a run, or only the person's first start in the scope.",
    "Funnel.order": "`ordered`: one after another; `strict`: with nothing else in between; `any`: in whatever order.",
    "Funnel.window": "The longest time from the first step of a run to any later step.",
    "Funnel.later_steps": "Whether steps after the first may fall behind the end of the scope.",
    "Funnel.exclude": "Events that must not happen on the way.",
    "Funnel.from_step": "The step a conversion or a time is measured from.",
    "Funnel.to_step": "The step it is measured to; the last required one when empty.",
    "Funnel.bins": "How many bars the histogram of times has; chosen from the data when empty.",
    "Funnel.step": "The step whose people views `people` and `drivers` are about; the last required one when empty.",
    "Funnel.hold": "Properties that have to be equal on every step of a run; a missing value equals nothing. "
    "An excluded "
    "event with another value ends nothing.",
    "Funnel.user_id": "Whose events view `proof` shows: any id of the person, or the account's where these "
    "are counted.",
    "Funnel.fields": "Which fields view `drivers` compares; when empty every field that splits people into "
    "groups of some "
    "size: no ids, no times, no first contacts, nothing of which most values belong to a few people.",
    "Step.optional": "Counted where it happened in its place, and not needed for the next step.",
    "Step.within": "The longest time from the step the run took before it, beside the window of the whole funnel.",
    "Step.first_ever": "Only the person's first such event ever, with the step's own conditions and whatever "
    "the scope, "
    "fills the step; the account's first where accounts are counted.",
    "Funnel.outcome": "List those who reached the step, or those who did the required step before it and not this one.",
    # retention
    "Retention.start": "The event that puts a person into a cohort.",
    "Retention.return": "The event that counts as coming back; the start event when empty.",
    "Retention.periods": "How many periods to follow, period 0 included.",
    "Retention.entry": "Into which cohorts a person goes: that of the first start in the scope, of every start, or of "
    "the first start ever.",
    "Retention.mode": "Back in period k itself, in k or later, or in k or earlier.",
    "Retention.clock": "Periods of the calendar, or counted from each person's own start.",
    "Retention.brackets": "Group periods into ranges such as days 1–3 and 4–7; both ends belong to the range.",
    "Retention.min_times": "How often the return event has to happen within the period to count.",
    # activation
    "Activation.start": "The event that begins day 0, the first of a person in the scope; their first event ever when "
    "empty.",
    "Activation.kept": "What staying means: did an event on late days, or `paid`: a subscription of their account "
    "began on the day of the start or later.",
    "Activation.within_days": "The candidates' times: up to the end of which day. Those that reach into the days of "
    "staying are left out.",
    "Activation.times": "The candidates' counts: at least how often.",
    "Activation.events": "The candidates' events; all when empty.",
    "Activation.floor": "Candidates with fewer doers are listed last and not ranked.",
    "Kept.event": "The event that shows that somebody is still there; any when empty.",
    "Kept.day": "The last day looked at; only people for whom it is over are counted.",
    "Kept.within_days": "How many days up to that day count.",
    # trend
    "Trend.series": "The lines. In a formula they are called A, B, C … in this order. A plain name is its count.",
    "Trend.formula": "Show one line worked out of the others, as `A / B`: letters, numbers, `+ - * /` and brackets.",
    "Trend.rolling": "Smooth: the plain mean of the values of the last so many buckets, this one included. Empty until "
    "there are so many.",
    "Trend.cumulative": "Each bucket counts everything since the beginning of the scope; people count once, from their "
    "first bucket on.",
    "Trend.active": "Count people active in so many trailing days that end with the last day of the bucket, whatever "
    "the length of the bucket. Needs the measure `users`.",
    "Series.measure": "`total`: how often; `users`: how many people; `per_user`: how often per person who did it; or a "
    "measure of the numbers in `field`. Percentiles are exact.",
    "Series.field": "The field with the numbers: a column, a property, or a key in `props`. Only for measures of "
    "numbers.",
    "Series.active": "Trailing days for this line alone; so `A / B` can be daily over monthly active people.",
    # lifecycle and stickiness
    "Lifecycle.event": "What counts as being active; any event when empty.",
    "Lifecycle.born": "When somebody is new: in the bucket they were first active in, or in which their user (or their "
    "account) was created.",
    "Lifecycle.by": "Split into segments; each has a lifecycle of its own, as if nothing else happened.",
    "Lifecycle.count_by": "What is counted: people or their companies.",
    "Stickiness.event": "What counts as being active; any event when empty.",
    "Stickiness.min_times": "How often the event has to happen in a period to count.",
    "Stickiness.every": "How many buckets make one period, counted from the first bucket of the scope.",
    "Stickiness.count_by": "What is counted: people or their companies.",
    # metric
    "MetricQuestion.metric": "The metric's name in the catalog.",
    "MetricQuestion.policy": "How revenue is counted, for metrics of revenue; the default policy when empty.",
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
    "activation": """{
  "kind": "activation",
  "scope": {"start": "2026-06-01", "end": "2026-07-01"},
  "start": "signup_done",
  "kept": {"event": "app_session", "day": 30, "within_days": 7},
  "within_days": [1, 3, 7],
  "times": [1, 2, 3]
}""",
    "trend": """{
  "kind": "trend",
  "scope": {"start": "2026-01-01", "end": "2026-04-01"},
  "series": [
    {"event": "signup_done", "measure": "users"},
    {"event": "purchase", "measure": "sum", "field": "value"}
  ],
  "formula": "B / A",
  "grain": "week",
  "by": {"field": "platform", "top": 3}
}""",
    "lifecycle": """{"kind": "lifecycle", "event": "project_opened", "grain": "week"}""",
    "stickiness": """{"kind": "stickiness", "scope": {"start": "2026-05-01", "end": "2026-06-01"}, "min_times": 2}""",
    "metric": """{"kind": "metric", "metric": "active_users", "grain": "week", "compare": "previous"}""",
}
