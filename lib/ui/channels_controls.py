"""The controls of Channels: a sentence of buttons, each opening what changes it. All of it is in the address."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from lib import queries
from lib.questions import Event, Kept
from lib.ui import activity_choice, channels_choice, url
from lib.ui.builder import drawer, sentences, widgets
from lib.ui.builder.changes import Change
from lib.ui.builder.event import event as event_part
from lib.ui.builder.event import named_events, problem
from lib.ui.builder.toolbar import Control, toolbar
from lib.ui.channels_choice import ANY, MOST_DAYS, MOST_FLOOR, OWN, ChannelsChoice, fitting
from lib.ui.funnel_controls import known
from lib.ui.words import readable
from lib.words import money, people, percent

NAME = "channels-kept"
PLACES = {
    "channel": ("channel", "Where people came from, by the channel rules of this workspace."),
    "partner": ("partner", "Creators and others who send people, by their code, their link, or a survey."),
    "campaign": ("campaign", "What the contact, or the bill, calls the campaign."),
    "creative": ("creative", "The advertisement itself. Bills seldom say it, so there is seldom a cost."),
}
CREDITS = {
    "first": ("the first contact", "A person belongs to the first contact there was."),
    "last": ("the last contact", "A person belongs to the one just before."),
    "linear": ("all contacts, equally", "A person with four contacts is a quarter of a person to each."),
    "position": ("all contacts, by position", "40 % to the first, 40 % to the last, the rest to those between."),
}
SHORT = {
    "first": "the first contact", "last": "the last contact", "linear": "all contacts equally",
    "position": "contacts by position",
}  # fmt: skip
COSTS = {
    "all": ("all cost", "Everything that was spent on a channel, people and tools that name it too."),
    "media": ("media and fees", "Only what reaching people costs: media, and fees of partners and agencies."),
}
NOTHING = ""
FROM_DATA = "what the data has: subscriptions, or the one event with values"


def opens() -> ChannelsChoice:
    """What the page opens with: the defaults of the question, and the target of the settings."""
    return ChannelsChoice(target=queries.settings().channels.cost_per_kept)


def offered() -> list[str]:
    """Fields of people that retention may be adjusted by, those of people and accounts first."""
    fields = [name for name in queries.fields() if not name.startswith("touch.")]
    return sorted(fields, key=lambda name: not name.startswith(("user.", "account.")))


def read() -> ChannelsChoice:
    """What the address says. What it says in vain is taken out of it, and remembered for `url.say_refused`."""
    start, here = opens(), known()
    choice, notes = channels_choice.read(url.now(), start, here, offered())
    if notes:
        url.note(notes)
        url.write(channels_choice.written(choice, start, here))
    return choice


def change(make: Callable[[ChannelsChoice], ChannelsChoice]) -> None:
    """Change what the address says; for callbacks."""
    start, here = opens(), known()
    choice, _ = channels_choice.read(url.now(), start, here, offered())
    url.write(channels_choice.written(fitting(make(choice)), start, here))


def setter(name: str) -> Callable[[Any], None]:
    """Makes the callback of a control: `setter("floor")`."""
    return lambda value: change(lambda choice: replace(choice, **{name: value}))


def controls(choice: ChannelsChoice, more: Sequence[Control] = ()) -> None:
    """Draw the sentence and what the page adds to it, and the drawer of the event."""
    event = choice.event.as_json()
    shown = [
        Control("by", f"by {choice.by}", "What is compared", lambda: _by(choice)),
        Control("credit", f"of {SHORT[choice.attribution]} in the {sentences.plural(choice.lookback_days, 'day')}"
                " before", "Which contact a person belongs to", lambda: _credit(choice)),
        Control("kept", f"kept: did {sentences.event(event)}", "What it is to stay",
                press=lambda: drawer.pull(NAME, event)),
        Control("day", _kept(choice).words, "On which days after the first it counts", lambda: _day(choice)),
        Control("cost", f"{COSTS[choice.cost][0]}", "Which cost counts", lambda: _cost(choice)),
        Control("money", _worth(choice), "What people bring in, and by when", lambda: _money(choice)),
        Control("adjust", f"same mix of {readable(choice.adjust)}" if choice.adjust else "mix as it is",
                "Compare channels as if they brought the same kind of people", lambda: adjusting(choice)),
        Control("floor", _ranked(choice), "How many people it takes to be ranked, and what is dear",
                lambda: _floor(choice)),
    ]  # fmt: skip
    shown += more
    if url.says_any(OWN):
        about = "Back to what this page opens with; period and filters stay"
        shown.append(Control("reset", "start over", about, press=_start_over, icon="restart_alt"))
    toolbar("channels", shown)
    _drawer()


def _start_over() -> None:
    url.write(dict.fromkeys(OWN))


def _kept(choice: ChannelsChoice) -> Kept:
    return Kept(event=choice.event, day=choice.day, within_days=choice.within_days)


def _by(choice: ChannelsChoice) -> None:
    with st.grid(4, min_column_width=200, gap="medium"):
        widgets.explained("channels-by", "Compare", PLACES, choice.by, setter("by"))


def _credit(choice: ChannelsChoice) -> None:
    with st.grid(2, min_column_width=260, gap="medium"):
        widgets.explained("channels-credit", "A person belongs to", CREDITS, choice.attribution, setter("attribution"))
        about = "Contacts longer ago do not count. Who has none in these days is unattributed, and never spread."
        widgets.whole("channels-lookback", "Days to look back", choice.lookback_days, setter("lookback_days"), 0,
                      MOST_DAYS, help=about, width=200)  # fmt: skip


def _day(choice: ChannelsChoice) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        about = "Counted from the first day, which is day 0. Only people for whom this day is over are counted."
        widgets.whole("channels-day", "Up to day", choice.day, setter("day"), 1, MOST_DAYS, help=about, width=160)
        about = "7 means: on any of the 7 days up to it. 1 means: on that very day."
        widgets.whole("channels-within", "On any of the last days", choice.within_days, setter("within_days"), 1,
                      choice.day, help=about, width=200)  # fmt: skip


def _cost(choice: ChannelsChoice) -> None:
    with st.grid(2, min_column_width=260, gap="medium"):
        widgets.explained("channels-cost", "Count", COSTS, choice.cost, setter("cost"))


def _worth(choice: ChannelsChoice) -> str:
    margin = "" if choice.margin == 1 else f", {percent(choice.margin, 0)} margin"
    return f"value by day {choice.horizon_days}{margin}"


def _money(choice: ChannelsChoice) -> None:
    here = known()
    present = NOTHING if choice.value is None else activity_choice.event_text(choice.value, here)
    purchase = queries.settings().channels.purchase
    options = {
        NOTHING: f"what the data has: subscriptions, or “{purchase}”" if purchase else FROM_DATA
    } | named_events()
    if choice.value is not None and present not in options:
        options[present] = sentences.event(choice.value.as_json())

    def put_event(text: str) -> None:
        change(lambda old: replace(old, value=activity_choice.event(text, known()) if text else None))

    def put_margin(number: float | None) -> None:
        if number is not None and 0 < number <= 100:
            change(lambda old: replace(old, margin=number / 100))

    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        widgets.pick("channels-value", "Money is", options, present, put_event, width=320)
        about = "Value is added up to this day after the first, of people for whom it is over, or estimated up to it."
        widgets.whole("channels-horizon", "By day", choice.horizon_days, setter("horizon_days"), 1, MOST_DAYS,
                      help=about, width=140)  # fmt: skip
        about = "How much of it is left after what it costs to deliver: 100 is all of it."
        shown = choice.margin * 100
        widgets.number("channels-margin", "Gross margin, per cent", int(shown) if shown == int(shown) else shown,
                       put_margin, help=about, width=190)  # fmt: skip


def adjusting(choice: ChannelsChoice, key: str = "channels-adjust") -> None:
    """The field by which the mix of people is made equal."""
    options = {NOTHING: "nothing"} | {name: readable(name) for name in offered()}
    about = "Weights the groups of every channel as they are among all people here, so that only behaviour differs."
    widgets.pick(key, "Make equal the mix of", options, choice.adjust or NOTHING,
                 lambda name: setter("adjust")(name or None), help=about, width=280)  # fmt: skip


def _ranked(choice: ChannelsChoice) -> str:
    goal = "no target" if choice.target is None else f"target {money(choice.target, _currency())}"
    return f"ranked from {people(choice.floor)}, {goal}"


def _floor(choice: ChannelsChoice) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        about = "Fewer people than these are shown in grey and not ranked."
        widgets.whole("channels-floor", "People to be ranked", choice.floor, setter("floor"), 1, MOST_FLOOR,
                      help=about, width=180)  # fmt: skip
        about = f"The most that a person kept may cost, in {_currency()}. Empty: no target."
        widgets.number("channels-target", "Most per person kept", choice.target, _put_target, help=about, width=200,
                       placeholder="none")  # fmt: skip


def _put_target(number: float | None) -> None:
    if number is None or number > 0:
        setter("target")(None if number is None else float(number))


def _currency() -> str:
    return queries.settings().company.currency


def _drawer() -> None:
    def body(draft: dict[str, Any], change_draft: Change) -> None:
        event_part(NAME, draft, change_draft, "Event, or any of several")

    def apply(draft: dict[str, Any]) -> None:
        event = Event.model_validate(draft)
        change(lambda old: replace(old, event=ANY if event.is_any and not event.where else event))

    drawer.drawer(NAME, "What it is to stay", body, problem, apply)
