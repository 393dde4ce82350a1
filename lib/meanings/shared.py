"""Fields that several kinds of question have, and the parts that questions are made of."""

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
}
