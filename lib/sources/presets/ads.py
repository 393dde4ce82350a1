"""What advertising cost: exports of Meta Ads Manager, Google Ads and TikTok Ads Manager, in English, German and French.

`partner` is the network that was paid. Without it, the same campaign name on two networks on one day would be one row,
and the second cost would replace the first.

Headers found in public code that reads such exports: Meta's French ones, and Meta's German "Ausgegebener Betrag" and
"Link-Klicks". The others were not checked against a real file. A file under
other names is not lost: its columns are mapped by hand.
"""

from lib.sources.presets.preset import Preset, Target

_CAMPAIGN = (
    "Campaign name", "Campaign", "Nom de la campagne", "Campagne", "Kampagnenname", "Name der Kampagne", "Kampagne",
)  # fmt: skip

META_ADS = Preset(
    name="meta_ads",
    title="Meta Ads Manager export",
    identify=(
        ("Amount spent", "Montant dépensé", "Ausgegebener Betrag"),
        ("Reporting starts", "Reporting ends", "Day", "Début des rapports", "Fin des rapports", "Jour",
         "Berichtsbeginn", "Berichtsstart", "Berichtsende", "Tag"),
    ),
    labels=(*_CAMPAIGN, "Ad set name", "Ad name", "Nom de l'ensemble de publicités", "Nom de la publicité",
            "Anzeigengruppenname", "Name der Anzeigengruppe", "Anzeigenname", "Name der Werbeanzeige"),
    is_nameless=True,
    targets=(
        Target(
            table="spend",
            columns={
                "date": ("Day", "Jour", "Tag", "Reporting starts", "Début des rapports", "Berichtsbeginn",
                         "Berichtsstart"),
                "campaign": _CAMPAIGN,
                "cost": ("Amount spent", "Montant dépensé", "Ausgegebener Betrag"),
                "currency": ("Currency", "Devise", "Währung"),
                "impressions": ("Impressions", "Impressionen"),
                "clicks": ("Link clicks", "Clics sur un lien", "Clics sur le lien", "Link-Klicks", "Clicks (all)",
                           "Clics (tous)", "Klicks (alle)"),
            },
            constants={"channel": "paid_social", "partner": "meta", "kind": "media"},
            ends={
                "Reporting starts": "Reporting ends", "Début des rapports": "Fin des rapports",
                "Berichtsbeginn": "Berichtsende", "Berichtsstart": "Berichtsende",
            },
            gather="sum",
            is_rounded=True,
        ),
    ),
)  # fmt: skip

GOOGLE_ADS = Preset(
    name="google_ads",
    title="Google Ads report",
    identify=(
        ("Cost", "Kosten", "Coût"),
        ("Day", "Week", "Month", "Quarter", "Campaign", "Tag", "Woche", "Monat", "Quartal", "Kampagne", "Jour",
         "Semaine", "Mois", "Trimestre", "Campagne"),
        ("Impr.", "Currency code", "Conv. value", "Avg. CPC", "Cost / conv.", "Währungscode", "Conv.-Wert",
         "Durchschn. CPC", "Kosten/Conv.", "Code de devise", "Valeur conv.", "CPC moy.", "Coût/conv."),
    ),
    labels=(*_CAMPAIGN, "Ad group", "Device", "Campaign ID", "Campaign status", "Campaign type", "Anzeigengruppe",
            "Gerät", "Kampagnen-ID", "Kampagnenstatus", "Kampagnentyp", "Groupe d'annonces", "Appareil"),
    targets=(
        Target(
            table="spend",
            columns={
                "date": ("Day", "Tag", "Jour", "Week", "Woche", "Semaine", "Month", "Monat", "Mois", "Quarter",
                         "Quartal", "Trimestre"),
                "campaign": _CAMPAIGN,
                "cost": ("Cost", "Kosten", "Coût"),
                "currency": ("Currency code", "Währungscode", "Code de devise"),
                "impressions": ("Impr.", "Impressions", "Impressionen"),
                "clicks": ("Clicks", "Klicks", "Clics"),
            },
            constants={"channel": "paid_search", "partner": "google", "kind": "media"},
            ends={
                "Week": "week", "Woche": "week", "Semaine": "week", "Month": "month", "Monat": "month",
                "Mois": "month", "Quarter": "quarter", "Quartal": "quarter", "Trimestre": "quarter",
            },
            gather="sum",
            is_rounded=True,
        ),
    ),
    notes=("Every campaign is taken for paid search; load display and video campaigns apart, with a channel of their"
           " own.",),
)  # fmt: skip

TIKTOK_ADS = Preset(
    name="tiktok_ads",
    title="TikTok Ads Manager export",
    identify=(
        ("Cost", "Total cost", "Spend", "Kosten", "Gesamtkosten"),
        ("Campaign name", "Ad group name", "Ad name", "Kampagnenname", "Anzeigengruppenname", "Anzeigenname"),
        ("Ad group name", "CPC (destination)", "Clicks (destination)", "CTR (destination)", "Video views",
         "2-second video views", "6-second video views", "Anzeigengruppenname", "CPC (Ziel)", "Klicks (Ziel)",
         "CTR (Ziel)", "Videoaufrufe"),
    ),
    labels=("Campaign name", "Ad group name", "Ad name", "Kampagnenname", "Anzeigengruppenname", "Anzeigenname"),
    targets=(
        Target(
            table="spend",
            columns={
                "date": ("By Day", "Day", "Date", "Nach Tag", "Tag", "Datum"),
                "campaign": ("Campaign name", "Kampagnenname"),
                "cost": ("Cost", "Total cost", "Spend", "Kosten", "Gesamtkosten"),
                "currency": ("Currency", "Währung"),
                "impressions": ("Impressions", "Impressionen"),
                "clicks": ("Clicks (destination)", "Clicks (all)", "Clicks", "Klicks (Ziel)", "Klicks (alle)",
                           "Klicks"),
            },
            constants={"channel": "paid_social", "partner": "tiktok", "kind": "media"},
            gather="sum",
            is_rounded=True,
        ),
    ),
)  # fmt: skip
