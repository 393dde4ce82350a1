"""Text for the screen: event names people can read, and user text that cannot become markup."""

import html
import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from lib.model import TOUCHPOINTS

STRESSED = re.compile(
    r"“[^”]*” → “[^”]*”|[+−×]\d[\d,.]*(?:[ \u00a0]pp)?(?= \(95)"  # an effect before its interval
    r"|(?<![\d.,])(?!95[ \u00a0]% )[+−-]?\d[\d,.]*[ \u00a0](?:%|people|person|accounts?|visits?)(?!\w)"
    r"|[+−-]?[$€£]\d{1,3}(?:,\d{3})*(?:\.\d+)?"
)
UNITS = re.compile(r"(?<=\d) (?=(?:%|days?|hr|min|sec|pp)(?!\w))")
SPECIAL = re.compile(r"[\\`*_\[\]<>$~|&]|:(?=\w)|^[#+-]|(?<=^\d)\.")


def readable(name: str) -> str:
    """An event or field name as words.

    >>> readable("app_installed"), readable("user.age_band"), readable("touch.landing_page")
    ('app installed', 'user age band', 'first contact: landing page')
    """
    if (told := name.removeprefix("touch.")) != name and told in TOUCHPOINTS.by_name:
        return f"first contact: {readable(told)}"
    return re.sub(r"[_.\s]+", " ", name).strip() or name


def stressed(sentence: str) -> str:
    """A verdict as HTML with what matters in bold; everything in it is text, never markup."""
    sentence = UNITS.sub("\u00a0", sentence)
    marked = STRESSED.sub(lambda found: f"\x02{found.group()}\x03", sentence.replace("\x02", "").replace("\x03", ""))
    return html.escape(marked).replace("\x02", "<strong>").replace("\x03", "</strong>")


def plain(text: str) -> str:
    r"""Text that Markdown shows as it is.

    >>> plain("a*b$")
    'a\\*b\\$'
    """
    return SPECIAL.sub(r"\\\g<0>", text)


def moment(at: datetime, timezone: str) -> str:
    """An instant in local time.

    >>> moment(datetime(2026, 10, 31, 22, 57, tzinfo=UTC), "Europe/Berlin")
    '31 Oct 2026, 23:57'
    """
    local = at.astimezone(ZoneInfo(timezone))
    return f"{local.day} {local:%b %Y, %H:%M}"


def age(at: datetime, now: datetime | None = None) -> int:
    """Whole days between an instant and now."""
    return max(0, ((now or datetime.now(UTC)) - at).days)
