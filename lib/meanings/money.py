"""Questions about cost and revenue: channels, what is to come, subscriptions, bills and deals."""

MEANINGS = {
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
    "another channel or partner if `rules` held instead of `against`. `referrers`: the hosts people came from. "
    "`visits`: what a visit earns and costs.",
    "Channels.against": "With `view` `moves`: the rules to compare with. When empty: those of the workspace.",
    "Channels.signup": "With `moves` and `referrers`: the event that is a sign-up; when empty, that the user was "
    "created. Counted are people who did it at or after the contact.",
    "Channels.activated": "With `moves` and `referrers`: the event after which somebody is activated; not counted when "
    "empty.",
    "ChannelRule.when": "The condition, on fields of a contact: `referrer_host`, `landing_page`, `campaign`, "
    "`channel`, `promo_code` and the others. Rules about `channel`, `partner` and `campaign` only move cost too.",
    "ChannelRule.channel": "The channel such a contact belongs to.",
    "ChannelRule.partner": "The partner it belongs to; what the contact says when empty.",
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
    "last change of a subscription, or the end of the scope where that is later.",
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
}

EXAMPLES = {
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
}
