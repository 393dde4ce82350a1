"""Who is who: connected user ids and anonymous ids become one person, numbered from 0.

Pure functions over frames, without files, so that facts in memory can use them too.
"""

import numpy as np
import polars as pl

PEOPLE = pl.Schema({"id_kind": pl.String(), "id": pl.String(), "person": pl.Int64()})
"""The people table: `id_kind` is "user" or "anon"; the two are separate namespaces."""

TIES = pl.Schema({"user_id": pl.String(), "anon_id": pl.String()})


def connect(ids: pl.DataFrame, ties: pl.DataFrame, known: pl.DataFrame | None = None) -> pl.DataFrame:
    """Number the persons behind ids, keeping the numbers of known ids.

    Args:
        ids: `id_kind`, `id`: every id seen, in order of first appearance.
        ties: `user_id`, `anon_id`: pairs that name one person; rows with an empty side say nothing.
        known: `id_kind`, `id`, `person` from before. Ids of one known person stay together.

    Returns:
        `id_kind`, `id`, `person`, one row per id, known ids first. A person is the connected set of
        ids. It keeps the smallest known number among its ids; new persons take the next free numbers
        in order of first appearance.
    """
    known = pl.DataFrame(schema=PEOPLE) if known is None else known.select(PEOPLE.names())
    ties = ties.select("user_id", "anon_id").drop_nulls()
    nodes = _nodes(known, ids, ties)
    if nodes.is_empty():
        return pl.DataFrame(schema=PEOPLE)
    left, right = _edges(nodes, ties, known)
    component = smallest_label(nodes.height, left, right)
    person = _numbers(component, known["person"].to_numpy())
    return nodes.select("id_kind", "id").with_columns(person=pl.Series(person, dtype=pl.Int64))


def alias_ties(aliases: pl.DataFrame, user_ids: pl.Series) -> pl.DataFrame:
    """Ties (`user_id`, `anon_id`) that an alias table states.

    The `anon_id` of an alias names an anonymous id and also, if it is one of `user_ids`, that user:
    an old user id may be listed there.
    """
    pairs = aliases.select("user_id", "anon_id").drop_nulls()
    if pairs.is_empty():
        return pairs
    older = pairs.filter(pl.col("anon_id").is_in(user_ids.drop_nulls().unique().implode()))
    return pl.concat([pairs, older.select(user_id="anon_id", anon_id="anon_id")]).unique(maintain_order=True)


def ids_of(pairs: pl.DataFrame) -> pl.DataFrame:
    """`id_kind`, `id` of every id in a frame of `user_id`, `anon_id`, in order of first appearance.

    In one row the user id counts as seen before the anonymous one.
    """
    places = pl.int_range(pl.len(), dtype=pl.Int64) * 2
    sides = [
        pairs.lazy().select(_key=pl.lit(kind) + pl.col(column), _at=places + after).drop_nulls("_key")
        for after, (kind, column) in enumerate((("user", "user_id"), ("anon", "anon_id")))
    ]
    first = pl.concat(sides).group_by("_key").agg(pl.col("_at").min()).sort("_at")
    return first.select(*_unkeyed()).collect()


def moved(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """`person`, `now`: the numbers that ids had in `before` and lost to a merge in `after`."""
    pairs = before.join(after.rename({"person": "now"}), on=["id_kind", "id"], how="inner")
    return pairs.filter(pl.col("person") != pl.col("now")).select("person", "now").unique("person")


def smallest_label(count: int, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """For nodes 0..count-1 and the edges between `left` and `right`, the smallest node connected to each.

    Every round hooks the larger of two roots onto the smaller and then halves all paths, so the work
    is a handful of passes over the edges, also for one very long chain.
    """
    parent = np.arange(count, dtype=np.int64)
    while left.size:
        roots_left, roots_right = parent[left], parent[right]
        apart = roots_left != roots_right
        left, right = roots_left[apart], roots_right[apart]
        np.minimum.at(parent, np.maximum(left, right), np.minimum(left, right))
        while True:
            grand = parent[parent]
            if np.array_equal(grand, parent):
                break
            parent = grand
    return parent


def _nodes(known: pl.DataFrame, ids: pl.DataFrame, ties: pl.DataFrame) -> pl.DataFrame:
    """All ids once (`id_kind`, `id`, `node`), known ones first, in the order of `known`."""
    listed = [part.lazy().select(_key=pl.col("id_kind") + pl.col("id")) for part in (known, ids)]
    named = [ties.lazy().select(_key=pl.lit(kind[:4]) + pl.col(kind)) for kind in ("user_id", "anon_id")]
    every = pl.concat([*listed, *named]).drop_nulls().unique(keep="first", maintain_order=True)
    return every.select(*_unkeyed()).collect().with_row_index("node")


def _unkeyed() -> list[pl.Expr]:
    """`id_kind`, `id` of a `_key`: both in one text, as one column is found and compared far faster than two."""
    key = pl.col("_key")
    return [key.str.head(4).alias("id_kind"), key.str.slice(4).alias("id")]


def _edges(nodes: pl.DataFrame, ties: pl.DataFrame, known: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Edges as two arrays of nodes: one per tie, and from every known id to the first of its person."""
    users = nodes.filter(pl.col("id_kind") == "user").select(user_id="id", left="node")
    anons = nodes.filter(pl.col("id_kind") == "anon").select(anon_id="id", right="node")
    tied = ties.join(users, on="user_id").join(anons, on="anon_id")
    first = known.with_row_index("left").with_columns(right=pl.col("left").min().over("person"))
    same = first.filter(pl.col("left") != pl.col("right"))
    both = pl.concat([tied.select("left", "right"), same.select("left", "right")]).cast(pl.Int64)
    return both["left"].to_numpy(), both["right"].to_numpy()


def _numbers(component: np.ndarray, known: np.ndarray) -> np.ndarray:
    """The person of every node: the smallest known number of its component, else the next free one."""
    unset = np.iinfo(np.int64).max
    smallest = np.full(component.size, unset, dtype=np.int64)
    np.minimum.at(smallest, component[: known.size], known)
    # A component is named by its first node, so roots in rising order are persons in order of appearance.
    new = np.flatnonzero((component == np.arange(component.size)) & (smallest == unset))
    smallest[new] = np.arange(new.size) + (int(known.max()) + 1 if known.size else 0)
    return smallest[component]
