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
    # the shared parts
    "Scope.start": "First moment inside; a day begins at midnight in the workspace's time zone. Empty: from the start.",
    "Scope.end": "First moment outside. Empty: to the end of the data.",
    "Compare.field": "A column or property of the event; `user.country` and `account.segment` reach those tables, and "
    "`touch.channel` is that field of the person's first contact.",
    "Compare.op": "The test. A missing value passes only `ne`, `not_in`, `not_contains`, `not_matches`, `is_not_set`.",
    "Compare.value": "What to test against: a list for `in` and `not_in`, nothing for `is_set` and `is_not_set`.",
    "AllOf.all": "Every one of these has to hold.",
    "AnyOf.any": "At least one of these has to hold.",
    "Negation.not": "This must not hold.",
    "Span.start": "First moment inside. Empty: from the start of the data.",
    "Span.end": "First moment outside. Empty: to the moment the cohort is looked at.",
    "Window.value": "How many units long.",
    "Window.unit": "The unit. All are fixed lengths but the month, which follows the calendar.",
    "field": "One field, or a list whose values are joined by “ · ”; `touch.channel` is that of the person's first "
    "contact. A missing value is `(none)`.",
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
    # cohort
    "CohortQuestion.cohort": "Whose people are asked for: the name of a cohort somebody defined, or the rule itself.",
    "CohortQuestion.at": "The moment the cohort is looked at; the last event when empty. A day is taken to its end. "
    "Nothing later counts.",
    "CohortQuestion.others": "The cohorts to compare with, for view `overlap`.",
    "CohortQuestion.hold_out": "The share of the people to leave alone, for view `people`: drawn at random, but the "
    "same ones every time.",
    "CohortQuestion.seed": "Another number draws another hold-out.",
    "InCohort.cohort": "The name of a cohort, or its rule. Of an event, it is the person who is tested.",
    "InCohort.at": "The moment the cohort is looked at; the last event when empty, and inside a rule never later than "
    "the rule is.",
    "Did.did": "The event they did.",
    "Did.times": "How often; at least once when empty.",
    "Did.within": "Only the last days (weeks, months) up to the moment count.",
    "Did.scope": "Only this stretch of time counts. Without either, everything up to the moment does.",
    "Times.op": "`eq` exactly, `ge` at least, `le` at most, `gt` more than, `lt` fewer than.",
    "Times.value": "How many times; `eq` 0 is never.",
    "InOrder.sequence": "The steps, one after the other, as in a funnel.",
    "InOrder.window": "The longest time from the first step to the last.",
    "InOrder.within": "The whole sequence lies in the last days (weeks, months) up to the moment.",
    "InOrder.scope": "The whole sequence lies in this stretch of time.",
    "PersonTest.field": "`user.…`, `account.…` or `touch.…` (their first contact), as known today. The account is that "
    "of the person's row in `users`, else that of their last event.",
    "PersonTest.op": "The test, as in a condition.",
    "PersonTest.value": "What to test against.",
    "AllRules.all": "Every one of these has to hold.",
    "AnyRule.any": "At least one of these has to hold.",
    "NotRule.not": "This must not hold.",
    # projection
    "Projection.model": "`repeat`: purchases without a contract (BG/NBD and Gamma-Gamma); `contracts`: subscriptions "
    "that are renewed (shifted-beta-geometric).",
    "Projection.event": "Which event is a purchase, its `value` being what was spent; when empty, the one event that "
    "carries values.",
    "Projection.until": "The last day the model may know; that of the last event when empty.",
    "Projection.weeks": "How many weeks ahead purchases are projected.",
    "Projection.margin": "The share of what is spent that is gross profit, from 0 to 1.",
    "Projection.every": "How often contracts are renewed.",
    "Projection.ahead": "How many renewals beyond those seen are projected.",
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
    # channels
    "Channels.by": "What cost and people are put together by. A partner is an influencer, affiliate or co-marketing "
    "partner.",
    "Channels.attribution": "Which contact a person belongs to: the `first` or the `last` before their first event, or "
    "all of them in parts: `linear` equal ones; `position` 40 % to the first, 40 % to the last, the rest between them.",
    "Channels.lookback_days": "How many days before their first event a contact still counts, the last instant "
    "included.",
    "Channels.kept": "What staying means; only people for whom that day is over are counted.",
    "Channels.cost": "`all` that marketing and sales spent on a channel, or `media`: only media and partners' fees, "
    "without colleagues and tools. Cost of services is no cost of winning people.",
    "Channels.value": "The event whose `value` is money in the reporting currency. When empty: subscriptions of the "
    "person's account where there are any, else the one event that carries values.",
    "Channels.horizon_days": "Up to which day after their first what people bring in is added up, that day included.",
    "Channels.margin": "Which part of the money is gross profit.",
    "Channels.adjust": "A field, such as `user.age_band`: retention is also shown as if every channel had the same mix "
    "of its values as all people here.",
    "Channels.floor": "Fewer people than this are not ranked.",
    "Channels.target": "The most a person kept may cost; the totals say which part of the spend is above.",
    "Channels.rules": "Which channel and partner a contact belongs to, the first rule that fits; else what the contact "
    "says. When empty: the channel rules of the workspace; an empty list: none.",
    "Channels.view": "`channels`: what people cost and who stays. `moves`: which contacts, and whose, would belong to "
    "another channel or partner if `rules` held instead of `against`. `referrers`: the hosts people came from.",
    "Channels.against": "With `view` `moves`: the rules to compare with. When empty: those of the workspace.",
    "Channels.signup": "With `moves` and `referrers`: the event that is a sign-up; when empty, that the user was "
    "created. Counted are people who did it at or after the contact.",
    "Channels.activated": "With `moves` and `referrers`: the event after which somebody is activated; not counted when "
    "empty.",
    "ChannelRule.when": "The condition, on fields of a contact: `referrer_host`, `landing_page`, `campaign`, "
    "`channel`, `promo_code` and the others. Rules about `channel`, `partner` and `campaign` only move cost too.",
    "ChannelRule.channel": "The channel such a contact belongs to.",
    "ChannelRule.partner": "The partner it belongs to; what the contact says when empty.",
    # revenue
    "Revenue.view": "`movements`: what moved MRR; `retention`: how much is kept; `cohorts`: what becomes of those who "
    "came together; `packages`: which products are dropped; `prices`: what is paid of list price; `attach`: second "
    "products; `concentration`: the largest accounts; `drivers`: why GRR changed; `rows`: the accounts behind a cell; "
    "`collections`: failed bills that were paid after all; `cycles`: how long deals take; `deals`: how large they are, "
    "and what was given away with them; `pipeline`: where deals come from; `policies`: what another policy changes.",
    "Revenue.grain": "How long one bucket of time is.",
    "Revenue.by": "Split into segments by a column of subscriptions (`product`, `plan`, `price_version`, `route`), by "
    "`free_services` (were services given away with a deal?), or a field of accounts such as `account.segment`; bills "
    "and deals by a column of theirs, such as `email_version` or `origin`. By product every product has customers of "
    "its own; otherwise an "
    "account counts where it paid most at the opening.",
    "Revenue.basis": "What kept revenue is measured from: 12 months before the end of the bucket, the beginning "
    "of the bucket (`period`), or the start of the scope (`scope`, one bucket).",
    "Revenue.count_by": "What is a customer: the account.",
    "Revenue.policy": "Where companies count differently.",
    "Revenue.at": "The last day that is known, to its end. When empty: the day of the last event; without events the "
    "latest start of a subscription.",
    "Revenue.packages": "The products view `packages` is about; the ones most accounts hold together when empty.",
    "Revenue.of": "Whose cell view `rows` lists.",
    "Revenue.bucket": "The bucket that views `rows` and `drivers` are about, by a day in it; the last one that is over "
    "when empty.",
    "Revenue.movement": "Only accounts that moved so, for view `rows`; `kept` did not move.",
    "Revenue.segment": "Only this segment, for view `rows`.",
    "Revenue.bands": "Where one size of a deal ends and the next begins, for view `deals`: amounts in rising order.",
    "Revenue.against": "The policy that view `policies` compares `policy` with; the default one when empty.",
    "RevenuePolicy.churn": "When a customer is gone: at the end of the paid period, or, where an end is agreed and "
    "still ahead, on the last known day.",
    "RevenuePolicy.past_due_days": "How long an account with an unpaid bill still counts; then it has churned, until a "
    "payment comes in. Without the table `invoices` nobody knows, and this changes nothing.",
    "RevenuePolicy.pause": "Up to 90 days a pause is a movement of its own (`own`) or no change (`keep`); or it is "
    "`churn` at once.",
    "RevenuePolicy.discounts": "MRR after discounts, or at list price.",
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
    "cohort": """{
  "kind": "cohort",
  "cohort": {"all": [
    {"did": "receipt_scanned", "times": {"op": "ge", "value": 2}, "within": {"value": 30, "unit": "day"}},
    {"did": "coins_redeemed", "times": {"op": "eq", "value": 0}, "within": {"value": 30, "unit": "day"}},
    {"field": "user.country", "op": "in", "value": ["DE", "AT"]},
    {"not": {"cohort": "power_users"}}
  ]},
  "view": "people",
  "hold_out": 0.1,
  "seed": 7
}""",
    "activation": """{
  "kind": "activation",
  "scope": {"start": "2026-06-01", "end": "2026-07-01"},
  "start": "signup_done",
  "kept": {"event": "app_session", "day": 30, "within_days": 7},
  "within_days": [1, 3, 7],
  "times": [1, 2, 3]
}""",
    "channels": """{
  "kind": "channels",
  "scope": {"start": "2026-05-01", "end": "2026-06-01"},
  "by": "channel",
  "kept": {"event": "*", "day": 30, "within_days": 1},
  "adjust": "user.age_band",
  "rules": [{"when": {"field": "referrer_host", "op": "in", "value": ["myth.example"]}, "channel": "open source"}]
}""",
    "projection": """{"kind": "projection", "event": "purchase", "weeks": 39}""",
    "revenue": """{
  "kind": "revenue",
  "view": "retention",
  "scope": {"start": "2026-01-01", "end": "2026-10-01"},
  "by": {"field": "account.segment"},
  "policy": {"pause": "churn"}
}""",
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
    "metric": """{"kind": "metric", "metric": "active_users", "grain": "week", "compare": "previous"}""",
}
