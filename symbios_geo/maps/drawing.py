"""The exchanges of a map of a match: arrows on the main map, and in insets of dense places."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib.patches import Circle

from .. import labels
from ..co2.links import PURE
from ..model import ROLES, existing_of, new_of
from ..register.gate import MANY, Register
from .flows import (
    BOTH,
    DASHES,
    KEY_LOOK,
    Scale,
    away_names,
    draw_arrows,
    draw_ends,
    draw_flow_legend,
    drawn_names,
    is_open,
    link_rows,
    name_words,
    number_texts,
    open_look,
    place_ends,
    places_of,
    wrapped,
    write_note,
)
from .insets import (
    Dense,
    find_dense,
    mark_panel,
    most_dense,
    name_panel,
    open_panel,
    panel_boxes,
    short_links,
)
from .legends import (
    Box,
    draw_circle_legend,
    round_sizes,
)
from .page import (
    SMALL,
    Page,
    draw_base,
    draw_localities,
    neighbours_in,
    to_points,
)
from .placenames import (
    Words,
    amount,
    draw_words,
)
from .symbols import CHIP, draw_symbols, rest_row
from .view import rows_in, stands_beside, write_rows

LARGEST_TOTAL = 11.0  # points, radius of the largest total of a dense place
# ends so close, points, and so many of them are a crowd; insets of so many beside a broad map
CLOSE, CROWD, CROWDS = 24.0, 3, 2
FEW_CROWDS = 2  # have room for their names; a list has those of more
BESIDE_LIST = 6.0  # points, the widest arrow on a map whose list tells most
SMALL_TOTAL = 5.0  # points, radius of a total that is not to scale
FEW_INSIDE = 2  # exchanges within an inset have their numbers on the main map too
HOLE = 0.5  # of the radius of a total, in which what lies under it is seen


class Drawing:
    """The arrows of a match: those on the main map, and those in the insets."""

    def __init__(
        self,
        page: Page,
        links: pd.DataFrame,
        sites: gpd.GeoDataFrame,
        unit: str,
        lang: str,
        *,
        hidden: pd.DataFrame | None = None,
        others: pd.DataFrame | None = None,
        insets: bool = True,
        largest: float | None = None,
        resource: str = "",
    ) -> None:
        self.resource = resource
        self.page, self.links, self.sites, self.unit, self.lang = page, links, sites, unit, lang
        places = places_of(links, sites)
        short = short_links(links, places, page)
        wanted = {*links["source"][short], *links["sink"][short]}
        seen = sites.loc[places.index]
        seen = places[[_inside(page, p) for p in places]] if len(places) else places
        dense = find_dense(seen, page, wanted)
        dense = [d for d in dense if short[self._within(d)].any()]
        same = links["source"].eq(links["sink"])
        self.inside = {d: self._within(d) & (short | same) for d in dense}
        crowded = {d: links[mask] for d, mask in self.inside.items()}
        self.dense = most_dense(crowded) if insets and not page.aside else []
        self.hidden = links.iloc[:0] if hidden is None else hidden
        self.others = links.iloc[:0] if others is None else others  # only listed
        self.thin = len(self.others) > 0
        # what ends closely without being too short is seen in an inset, where no other stands
        self.crowds = []
        if insets and not self.dense and not page.aside:
            self.crowds = self._crowds(seen, short)
        # an inset shows its short ones as they are
        shown = {key for d in self.crowds for key in d.ends}
        self.inside = {d: mask for d, mask in self.inside.items() if shown.isdisjoint(d.ends)}
        count = len(self.dense) + len(self.crowds)
        self.boxes = panel_boxes(page, count, listed=bool(self.crowds)) if insets else []
        under = bool(self.crowds) and stands_beside(page)
        # where a list begins
        self.beside = self.boxes[-1][2] + 14 if self.boxes and not under else 0.0
        self.top = self.boxes[-1][1] - 10 if self.boxes and under else -1.0
        self.listed = insets and self._has_list()
        gathered = np.zeros(len(links), bool)
        for mask in self.inside.values():
            gathered |= mask.to_numpy()
        self.far = links[~gathered]
        near = links[gathered]
        self.largest = largest  # one scale for a series of maps
        self.ends = place_ends(page, self.far, sites)
        length = self.ends.length(self.far.iloc[0]) if len(self.far) else 0.0
        scaled = new_of(self.far) if self.thin else self.far
        self.scale = Scale(largest) if largest else Scale.of(scaled["delivered"], length=length)
        if self.thin and not self.scale.apart:
            self.scale = self.scale._replace(widest=min(self.scale.widest, BESIDE_LIST))
        self.near_scale = Scale.of(near["delivered"])
        self.names = drawn_names(pd.concat([links, self.others]), sites, lang)
        self.texts = number_texts(links, sites, lang)
        if self.listed:
            count = self._rows_listed()
            numbers = [str(n) if n <= count else "" for n in range(1, len(links) + 1)]
            self.texts = pd.Series(numbers, links.index, dtype=object)
        self.used = self._used()
        self.totals = self._totals()
        self.scale_totals(self.totals["value"].max())
        self.hard: list[Box] = []
        self.opened: list[Page] = []

    def _has_list(self) -> bool:
        """Say whether the exchanges are listed, where room is left beside the insets."""
        page, boxes = self.page, self.boxes
        free = page.listing.get_xlim()[1] - self.beside
        if page.aside or free <= 180 or self.links.empty:
            return False
        high = not boxes or bool(self.crowds) or boxes[0][3] - boxes[0][1] > 150
        return high and rows_in(page, top=self.top) > 3

    @property
    def rows_written(self) -> int:
        """How many rows the list of exchanges has."""
        return len(self._rows())

    def _rows_listed(self) -> int:
        """Return how many exchanges have a row of their own in the list."""
        room = rows_in(self.page, left=self.beside, top=self.top)
        whole = len(self.links) + bool(len(self.hidden))
        return len(self.links) if whole <= room else room - 2  # what is left, by kind

    def _rows(self) -> list[tuple[str, str, str]]:
        """Return the rows of the list: what has an arrow, what has none, and the rest."""
        count, room = self._rows_listed(), rows_in(self.page, left=self.beside, top=self.top)
        told = (self.names, self.unit, self.lang)
        rows = link_rows(self.links.head(count), *told)
        rest = [self.links.iloc[count:], self.hidden]
        free = room - len(rows) - 3  # a heading, and what is left by kind
        if len(self.others) and free > 0:
            more = self.others.head(free)
            rows.append(("", labels.label("map:listed_only", self.lang), ""))
            rows += link_rows(more, *told, numbered=False)
            rest.append(self.others.iloc[free:])
        else:
            rest.append(self.others)
        left = pd.concat([part for part in rest if len(part)] or rest[:1])
        parts = {"fresh": new_of(left), "old": existing_of(left)}
        return rows + [
            row
            for kind, part in parts.items()
            for row in rest_row(part["delivered"], self.unit, self.lang, f"map:rest_{kind}")
        ]

    def _crowds(self, seen: gpd.GeoSeries, short: pd.Series) -> list[Dense]:
        """Return where most is too short to be seen, then where most ends are; north to south."""
        near = CLOSE / self.page.points_per_metre
        seen = seen[self.sites["status"].reindex(seen.index).ne(MANY)]  # they lie nowhere
        found = [d for d in find_dense(seen, self.page, near_m=near) if len(d.ends) >= CROWD]
        unseen = {d: self.links.loc[short & self._within(d), "delivered"].sum() for d in found}
        most = sorted(found, key=lambda d: (-unseen[d], -len(d.ends)))
        most = most[: CROWDS if stands_beside(self.page) else 1]
        return [d for d in found if d in most]

    @property
    def free(self) -> Box | None:
        """The cell that an odd number of insets leaves beside the last one."""
        width = self.page.listing.get_xlim()[1]
        if self.crowds or len(self.boxes) % 2 == 0 or self.boxes[-1][2] > 0.6 * width:
            return None
        _, foot, right, top = self.boxes[-1]
        return right + 8, foot, width, top

    @property
    def named(self) -> set[str]:
        """The names that the map carries, which the background need not repeat."""
        return {*self.names, *(d.name for d in self.inside)}

    def _within(self, dense: Dense) -> pd.Series:
        return self.links["source"].isin(dense.ends) & self.links["sink"].isin(dense.ends)

    def _touching(self, dense: Dense) -> pd.DataFrame:
        """Return the exchanges on the map of which an end lies in a dense place."""
        return self.far[self.far[["source", "sink"]].isin(dense.ends).any(axis=1)]

    def _panels(self) -> list[Page]:
        """Return the pages of the insets, opened once."""
        if not self.opened:
            places = zip([*self.dense, *self.crowds], self.boxes, strict=True)
            self.opened = [open_panel(self.page, box, dense) for dense, box in places]
        return self.opened

    def _used(self) -> dict[Dense, pd.DataFrame]:
        """Return what each dense place exchanges, with what has no arrow of its own."""
        ends = list(ROLES)
        small = self.hidden[short_links(self.hidden, places_of(self.hidden, self.sites), self.page)]
        return {
            dense: pd.concat([self.links[mask], small[small[ends].isin(dense.ends).any(axis=1)]])
            for dense, mask in self.inside.items()
        }

    def _totals(self) -> pd.DataFrame:
        """Return what each dense place delivers in all, by way, as a symbol."""
        rows = []
        for dense, used in self.used.items():
            x, y = to_points(self.page, dense.middle)
            sums = used.groupby("mode")["delivered"].sum()
            new = float(new_of(used)["delivered"].sum())
            total = float(used["delivered"].sum())
            rows.append((dense.name, float(x), float(y), total, new, sums.to_dict()))
        return pd.DataFrame(rows, columns=["name", "x", "y", "value", "new", "parts"])

    def scale_totals(self, largest: float) -> None:
        """Give the largest of the totals of a series its radius, and those here theirs."""
        share = self.totals["value"] / largest
        radius = self.page.shrink * LARGEST_TOTAL * np.sqrt(share)
        self.totals["radius"] = radius.clip(upper=SMALL_TOTAL) if self.thin else radius

    def legend(self) -> float:
        """Draw the legend; return the y below it."""
        kinds = self.ends.kinds | self._kinds_in_panels()
        scales = [("map:width", self.scale)] if len(self.far) else []
        if len(self.far) < len(self.links) and self.dense:
            scales.append(("map:width_inset", self.near_scale))
        y = draw_flow_legend(
            self.page, self.links, kinds, scales, self.unit, self.lang, thin=self.thin
        )
        if len(self.totals) and not self.thin:
            largest = float(self.totals["value"].max())
            radius = LARGEST_TOTAL * self.page.shrink
            sizes = [(v, radius * np.sqrt(v / largest)) for v in round_sizes(largest)[:2]]
            words = labels.label(
                "map:totals", self.lang, unit=labels.unit_label(self.unit, self.lang)
            )
            y = draw_circle_legend(self.page.legend, y, words, sizes, self.lang)
        return y

    def write_uses(self, y: float, register: Register) -> float:
        """Say in the legend what those receive for who also send; return the y below."""
        both = [key for key, kind in self.ends.kind.items() if kind == BOTH]
        rows = register.pick(self.resource, "sink")
        rows = rows[rows["value"] > 0]
        sources = register.pick(self.resource, "source", counted=False)
        kept = self.far[self.far["source"].ne(self.far["sink"])]
        for key in [k for k in both if k in {*kept["source"]} & {*kept["sink"]}]:
            streams = rows.loc[rows["site_id"].eq(key), "stream"]
            uses = [labels.label_or(f"stream:{stream}", "", self.lang) for stream in streams]
            if not any(uses):
                continue
            use = labels.joined([labels.within_sentence(word) for word in uses if word], self.lang)
            resource = labels.within_sentence(labels.label(f"resource:{self.resource}", self.lang))
            told = {"name": self.names[key], "resource": resource, "use": use}
            words = labels.label("map:use", self.lang, **told)
            pure = sources.loc[sources["site_id"].eq(key), "category"].isin(PURE).any()
            if not pure and labels.has_label(f"map:use_{self.resource}"):
                words += labels.label(f"map:use_{self.resource}", self.lang)
            y = write_note(self.page, y, words)
        return y

    def _kinds_in_panels(self) -> set[str]:
        near = self.links.drop(self.far.index)
        return place_ends(self.page, near, self.sites).kinds if len(near) else set()

    def main(self, *, named: bool = True) -> tuple[list[Words], list[Box]]:
        """
        Draw the main map; return its words, the important ones first, and what to keep clear.

        A map that is not `named` has amounts alone: another of its series has the names.
        """
        page, lang = self.page, self.lang
        texts, frames = self.texts.copy(), []
        for dense, panel in zip(self.crowds, self._panels()[len(self.dense) :], strict=True):
            frames.append(mark_panel(page, panel, dense.name))
            inside = self._within(dense)
            if inside.sum() > FEW_INSIDE:
                texts[inside] = ""  # the inset has them
        numbers, soft, heads = draw_arrows(
            page, self.far, self.ends, self.scale, texts, numbered=self.listed, thin=self.thin
        )
        self.hard = heads + draw_ends(page, self.ends) + [box for _, box in frames]
        hole = HOLE * (self.largest is None)  # in a series small and large ones look the same
        # however small, a total says what is new and what flows today
        parts = self.totals.drop(columns="name")
        self.hard += draw_symbols(page, parts, prefix="total", hole=hole, divided=0.0)
        self._draw_lone()
        without = {key for d in self.crowds for key in d.ends}
        if len(self.ends.crowds) > FEW_CROWDS:
            without |= self.ends.crowds
        shown = away_names(self.names, self.ends, lang)
        for key in self.ends.away:  # its place is not seen: the label says what goes there
            ends = self.far[["source", "sink"]].eq(key).any(axis=1)
            value = amount(float(self.far.loc[ends, "delivered"].sum()), self.unit, lang)
            shown[key] = f"{shown[key]}, {value.replace(' ', chr(0xA0))}"
        names = name_words(self.ends, shown, self.far, 90, without=without)
        totals, towns = [], set(neighbours_in(page.ax).index)
        for row, (dense, used) in zip(self.totals.itertuples(), self.used.items(), strict=True):
            head = str(row.name)
            if head in towns:  # its municipality has other exchanges too
                head = labels.label("map:town", lang, name=head)
            if len(used) == 1:
                ends = used[["source", "sink"]].iloc[0].map(self.names)
                head = " \u2192\n".join(dict.fromkeys(ends))
            if self.listed and dense not in self.dense:
                keys = ", ".join(filter(None, self.texts.reindex(used.index, fill_value="")))
                numbers.append(Words(keys, row.x, row.y, row.radius, KEY_LOOK, over=True))
            told = []
            if row.new > 0:
                told.append(labels.label("map:new", lang, value=amount(row.new, "", lang)))
            if row.value - row.new > 1e-9:
                value = amount(row.value - row.new, "", lang)
                told.append(labels.label("map:existing", lang, value=value))
            lines = [wrapped(line, 110) for line in head.split("\n")]
            # a small map of a series has room for narrow words only
            told = told if self.largest else [", ".join(told)]
            told = [] if self.listed and dense not in self.dense else told  # the list has it
            text = "\n".join([*(lines if named else []), *told])
            look = {"fontsize": SMALL, "fontweight": "bold", "bbox": CHIP}
            totals.append(Words(text.strip(), row.x, row.y, row.radius + 1, look))
        # a number of the list stands on its arrow or nowhere
        names = [mark for mark, _ in frames] + (names if named else [])
        words = numbers + totals + names if self.listed else names + totals + numbers
        return [word for word in words if word.text], soft

    def _draw_lone(self) -> None:
        """Draw the symbol of a lone exchange as its arrow: imagined, or open if it seldom pays."""
        for row, used in zip(self.totals.itertuples(), self.used.values(), strict=True):
            (link,) = used.itertuples() if len(used) == 1 else (None,)
            if link is not None and (link.imagined or is_open(link)):
                look = open_look(self.page.colour(link.mode))
                look |= {"linestyle": DASHES, "linewidth": 1.0} if link.imagined else {}
                ring = Circle((row.x, row.y), row.radius, **look, zorder=2.2)
                ring.set_gid(f"{'imagined' if link.imagined else 'open'}-{link.sink}")
                self.page.overlay.add_artist(ring)

    def panels(self, municipalities: gpd.GeoDataFrame) -> None:
        """Draw the insets, and the list of exchanges where room is left beside them."""
        for dense, panel in zip([*self.dense, *self.crowds], self._panels(), strict=True):
            draw_base(panel, municipalities)
            draw_localities(panel)
            crowded = dense in self.crowds
            used = self._touching(dense) if crowded else self.links[self.inside[dense]]
            ends = place_ends(panel, used, self.sites, inset=crowded)
            longer = any(ends.moved(key) for key in ends.spot)
            note = labels.label("map:longer", self.lang) if longer else ""
            hard = name_panel(panel, dense.name, self.lang, note=note)
            scale = self.scale if crowded else self.near_scale
            numbers, soft, heads = draw_arrows(
                panel, used, ends, scale, self.texts, numbered=self.listed, thin=self.thin
            )
            hard += heads + draw_ends(panel, ends)
            broad = 0.4 if crowded else 0.55  # where arrows run on there is less room for names
            words = name_words(ends, self.names, used, broad * panel.overlay.get_xlim()[1])
            words = numbers + words if self.listed else words + numbers
            draw_words(panel, [w for w in words if w.text], hard=hard, soft=soft)
        if self.listed:
            write_rows(self.page, self._rows(), left=self.beside, top=self.top)


def _inside(page: Page, place: object) -> bool:
    """Say whether a place lies on a page."""
    x, y = to_points(page, (place.x, place.y))  # type: ignore[attr-defined]
    return bool(0 < x < page.overlay.get_xlim()[1] and 0 < y < page.overlay.get_ylim()[1])
