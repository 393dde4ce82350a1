"""Rules about people."""

MEANINGS = {
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
}

EXAMPLES = {
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
}
