"""Exports of well-known tools: recognised by their headers, and mapped before anybody has to.

One vendor's file is one `Preset` in the module of its kind (`ads`, `attribution`, `web`, `creators`, `revenue`,
`billing`, `invoices`, `deals`). To add one, write the entry and name it in `ALL`; nothing else has to know about it.
"""

from collections.abc import Sequence

from lib.errors import SourceError, suggest
from lib.sources.presets.ads import GOOGLE_ADS, META_ADS, TIKTOK_ADS
from lib.sources.presets.attribution import ADJUST_RAW, ADJUST_REPORT, APPSFLYER_COST, APPSFLYER_RAW
from lib.sources.presets.billing import (
    CHARGEBEE,
    CHARTMOGUL_LINES,
    RECURLY_HISTORY,
    RECURLY_LINES,
    STRIPE_LINES,
    STRIPE_SUBSCRIPTIONS,
)  # fmt: skip
from lib.sources.presets.contracts import CONTRACTS
from lib.sources.presets.creators import CREATOR_LEDGER
from lib.sources.presets.deals import HUBSPOT_DEALS, SALESFORCE_DEALS
from lib.sources.presets.invoices import STRIPE_INVOICES
from lib.sources.presets.preset import Preset, Target, key
from lib.sources.presets.revenue import (
    BARE_PAYMENTS,
    CHARTMOGUL_ACTIVITY,
    LONG_MRR,
    MRR_CHANGES,
    PAYMENTS,
    STRIPE_CHANGES,
    STRIPE_MRR,
    STRIPE_PAYMENTS,
    WIDE_MRR,
)  # fmt: skip
from lib.sources.presets.web import GA4, MIXPANEL, UTM

__all__ = ["ALL", "UTM", "Preset", "Target", "named", "recognised", "target_of"]

ALL: tuple[Preset, ...] = (
    META_ADS, GOOGLE_ADS, TIKTOK_ADS, APPSFLYER_RAW, APPSFLYER_COST, ADJUST_RAW, ADJUST_REPORT, GA4, MIXPANEL,
    CREATOR_LEDGER, WIDE_MRR, LONG_MRR, STRIPE_MRR, STRIPE_CHANGES, MRR_CHANGES, CHARTMOGUL_ACTIVITY, PAYMENTS,
    BARE_PAYMENTS, STRIPE_PAYMENTS, CHARTMOGUL_LINES, STRIPE_LINES, RECURLY_LINES, RECURLY_HISTORY, CHARGEBEE,
    STRIPE_SUBSCRIPTIONS, STRIPE_INVOICES, CONTRACTS, HUBSPOT_DEALS, SALESFORCE_DEALS,
)  # fmt: skip
"""Those looked for in every file. `UTM` is not among them: it reads any events a second time."""

_BY_NAME = {preset.name: preset for preset in (*ALL, UTM)}


def recognised(names: Sequence[str]) -> Preset | None:
    """The preset these headers belong to; where several fit, the one that asks for most. None where none does."""
    keys = {key(name) for name in names}
    fitting = [preset for preset in ALL if preset.fits(keys)]
    return max(fitting, key=lambda preset: len(preset.identify), default=None)


def named(name: str) -> Preset:
    """The preset of this name. Raises `SourceError` where there is none."""
    if name not in _BY_NAME:
        raise SourceError(f"there is no preset {name!r}; {suggest(name, _BY_NAME)}")
    return _BY_NAME[name]


def target_of(name: str, table: str) -> tuple[Preset, Target]:
    """The preset and what it does for this table. Raises `SourceError` where it fills only others."""
    preset = named(name)
    for target in preset.targets:
        if target.table == table:
            return preset, target
    tables = " and ".join(target.table for target in preset.targets)
    raise SourceError(f"the preset {name} fills {tables}, not {table}")
