"""The figures of the headline: the few that come first, and all as the sheet of answers."""

from __future__ import annotations

import pandas as pd

from ..disclosure import sign
from ..labels import interval, label, label_or, number, quantity
from ..model import CARRIES_NOTHING
from ..study.cases import best_case
from ..study.chain import Study, check_study
from ..study.claim_answers import generated_co2
from ..study.claims import claims_on
from ..study.further import further_figures
from ..study.intervals import FIGURES
from ..study.sentences import existing_note, headline_words

KEY_FIGURES = (
    "sure_gwh", "new_gwh", "existing_gwh", "need_gwh", "supply_gwh", "hot_gwh", "biogenic_kt",
    "fossil_kt",
)  # fmt: skip
SUREST = "sure_gwh"
# of the sheet of answers, in the order of reading; what is in none of them stands last
SECTIONS = {
    "new": (
        SUREST, "new_gwh", "new_gwh_median", "new_gwh_mean", "new_share", "sent_gwh",
        "new_t_co2e_low", "new_t_co2e_high",
    ),
    "today": ("existing_gwh", "used_gwh", "own_gwh"),
    "heat": (
        "need_gwh", "supply_gwh", "hot_gwh", "untaken_gwh", "heat_a_share", "heat_b_share",
        "heat_c_share",
    ),
    "money": (
        "sure_investment_msek", "sure_msek_per_yr", "new_investment_msek", "new_msek_per_yr",
        "paid_msek_per_yr",
    ),
    "months": ("covered_gwh", "gap_gwh", "surplus_gwh"),
    "co2": (
        "biogenic_kt", "fossil_kt", "co2_kt", "co2_used_kt", "co2_to_users_kt",
        "co2_to_imagined_kt", "co2_to_storage_kt", "co2_support_left_kt",
        "storage_investment_msek", "storage_msek_per_yr", "storage_share",
    ),
}  # fmt: skip
OTHER = "other"
REPEATED = ("co2_arises_kt",)  # the same as co2_kt


def key_figures(study: Study, lang: str = "sv") -> list[dict[str, str]]:
    """Return the figures that a reader wants first: the plan, then what it is made from."""
    check_study(study)
    table = study.intervals
    gain = table.loc["new_msek_per_yr"]
    # where all of it pays more often than not, one of them says it
    same = table.loc[SUREST, "value"] >= table.loc["new_gwh", "value"] - CARRIES_NOTHING
    shown = KEY_FIGURES[1:] if same else KEY_FIGURES
    beside = {
        "new_gwh": label(
            "figure:new_gain", lang, msek=number(gain["value"], lang),
            span=interval(gain["low"], gain["high"], lang),
        ),
        "existing_gwh": existing_note(study.exchanges, lang),
        "biogenic_kt": _generated(study, lang),
    }  # fmt: skip
    return [
        {
            "value": quantity(row["value"], row["unit"], lang),
            "words": label(f"figure:{name}", lang),
            "range": "" if pd.isna(row["low"]) else interval(row["low"], row["high"], lang),
            "beside": beside.get(str(name), ""),
        }
        for name, row in table.loc[[*shown]].iterrows()
    ]


def _generated(study: Study, lang: str) -> str:
    """Say what the claim on biogenic CO2 counts beside the stacks; nothing where none is made."""
    if claims_on(study.region).empty:
        return ""
    total = float(generated_co2(best_case(study))[0])
    return label("figure:biogenic_beside", lang, total=quantity(total, "kt/yr", lang))


def answer_table(study: Study, lang: str = "sv") -> pd.DataFrame:
    """
    Return the figures of a study as rows that people read.

    Parameters
    ----------
    study
        What `run` returned.
    lang
        "sv" or "en".

    Returns
    -------
    answers
        section, name, value, unit, low, high (5th and 95th percentile of the draws, blank where a
        figure has no range), meaning, comes_from, figure (its name in `Study.headline`). Shares are
        told in per cent.
    """
    readers = check_study(study)
    table = pd.concat([_with_draws(study), further_figures(study)])
    table = table.drop(index=list(REPEATED), errors="ignore").rename_axis("figure").reset_index()
    for column, kind in (("name", "figure"), ("meaning", "meaning"), ("comes_from", "from")):
        table[column] = [label_or(f"{kind}:{name}", "", lang) for name in table["figure"]]
    # what it hangs on stands beside the figure that everybody quotes
    table.loc[table["figure"] == "new_gwh", "meaning"] += f" {headline_words(study, lang)}."
    # what is surest comes first, as in the sentence of every face
    order = {name: (at, section) for at, (section, name) in enumerate(
        (section, name) for section, names in SECTIONS.items() for name in names)}  # fmt: skip
    found = [order.get(name, (len(order), OTHER)) for name in table["figure"]]
    table["section"] = [label(f"answers:{section}", lang) for _, section in found]
    table = table.iloc[sorted(range(len(table)), key=lambda at: found[at][0])]
    shares = table["unit"] == "share"
    table.loc[shares, ["value", "low", "high"]] *= 100
    table.loc[shares, "unit"] = "%"
    shown = ["section", "name", "value", "unit", "low", "high", "meaning", "comes_from", "figure"]
    return sign(table[shown], readers)


def _with_draws(study: Study) -> pd.DataFrame:
    """Return the intervals with the median and mean of new heat after the figure of the plan."""
    table = study.intervals
    if "new_gwh" not in table.index:
        return table
    drawn = pd.Series(FIGURES["new_gwh"](study.drawn))
    rows = {f"new_gwh_{name}": {"value": getattr(drawn, name)(), "unit": "GWh/yr"}
            for name in ("median", "mean")}  # fmt: skip
    place = table.index.get_loc("new_gwh") + 1
    parts = [table.iloc[:place], pd.DataFrame.from_dict(rows, orient="index"), table.iloc[place:]]
    return pd.concat(parts).rename_axis(table.index.name)
