from __future__ import annotations

import random
import time
from dataclasses import replace

import pytest

from antivenom.catalog.clusters import Agreement, Piece, place

RANDOM = random.Random(11)
WORDS = [RANDOM.getrandbits(32) for _ in range(4000)]


def piece(
    id: str, *ranges: tuple[int, int], hidden: tuple[int, int] = (0, 0), **more: str
) -> Piece:
    return Piece(
        id=id,
        grams=frozenset(w for a, b in ranges for w in WORDS[a:b]),
        hidden=frozenset(WORDS[hidden[0] : hidden[1]]),
        links=frozenset(f"{kind}:{value}" for kind, value in more.items()),
    )


def clusters(*pieces: Piece) -> list[list[str]]:
    found: dict[str, list[str]] = {}
    for id, where in place(pieces).items():
        found.setdefault(where.cluster, []).append(id)
    return sorted(found.values())


def campaigns(*pieces: Piece) -> list[list[str]]:
    found: dict[str, list[str]] = {}
    for id, where in place(pieces).items():
        found.setdefault(where.campaign, []).append(id)
    return sorted(found.values())


def test_near_identical_code_is_one_cluster() -> None:
    a, b, c = piece("a", (0, 100)), piece("b", (0, 90), (200, 205)), piece("c", (500, 600))
    assert clusters(a, b, c) == [["a", "b"], ["c"]]
    assert place([a, b, c])["a"].similarity == pytest.approx(90 / 105)
    assert place([a, b, c])["a"].reason == "code"


def test_small_steps_do_not_chain_what_has_nothing_in_common() -> None:
    steps = [piece(f"{n:02}", (n * 10, n * 10 + 100)) for n in range(12)]
    found = clusters(*steps)
    assert max(map(len, found)) <= 4


def test_few_lines_need_to_agree_more_closely_than_many() -> None:
    many = piece("a", (0, 800)), piece("b", (0, 600), (900, 1000))
    few = piece("a", (0, 16)), piece("b", (0, 12), (900, 902))
    assert clusters(*many) == [["a", "b"]]
    assert clusters(*few) == [["a"], ["b"]]


def test_the_same_lines_around_a_text_of_another_length_are_further_apart() -> None:
    one, other = piece("a", (0, 40)), piece("b", (0, 34))
    sized = [replace(one, size=1000), replace(other, size=400_000)]
    assert clusters(one, other) == [["a", "b"]]
    assert clusters(*sized) == [["a"], ["b"]]


def test_an_obfuscator_is_no_campaign() -> None:
    wrapper = (0, 40)
    one = piece("a", wrapper, hidden=(1000, 1100))
    two = piece("b", wrapper, hidden=(1000, 1090))
    other = piece("c", wrapper, hidden=(2000, 2100))
    assert clusters(one, two, other) == [["a", "b"], ["c"]]


def test_a_rare_host_a_file_or_a_wallet_makes_a_campaign_of_clusters() -> None:
    one = piece("a", (0, 50), host="drop.example")
    two = piece("b", (100, 150), host="drop.example", file="f" * 64)
    three = piece("c", (200, 250), file="f" * 64)
    four = piece("d", (300, 350), host="other.example")
    assert clusters(one, two, three, four) == [["a"], ["b"], ["c"], ["d"]]
    assert campaigns(one, two, three, four) == [["a", "b", "c"], ["d"]]
    assert place([one, two, three])["a"].reason == "host:drop.example"


def test_what_everybody_has_links_nobody() -> None:
    many = [piece(f"{n:03}", (n * 30, n * 30 + 20), host="common.example") for n in range(60)]
    assert len(campaigns(*many)) == 60


def test_what_is_equal_is_one_cluster_whatever_its_number() -> None:
    flood = [piece(f"{n:04}", (0, 30)) for n in range(3000)]
    assert [len(one) for one in clusters(*flood)] == [3000]


def test_a_flood_of_near_copies_is_one_cluster_and_costs_its_number() -> None:
    started = time.process_time()
    flood = [piece(f"{n:04}", (0, 60), (100 + n, 102 + n)) for n in range(3000)]
    assert [len(one) for one in clusters(*flood)] == [3000]
    assert time.process_time() - started < 5.0


def test_pieces_without_code_are_joined_by_equal_files_alone() -> None:
    one, two = Piece(id="a", grams=frozenset()), Piece(id="b", grams=frozenset())
    assert clusters(one, two) == [["a"], ["b"]]
    same = frozenset({"file:x"})
    assert clusters(
        Piece(id="a", grams=frozenset(), links=same), Piece(id="b", grams=frozenset(), links=same)
    ) == [["a", "b"]]


def test_the_order_does_not_matter() -> None:
    pieces = [piece(f"{n:02}", (n * 7, n * 7 + 60), host=f"h{n % 3}.example") for n in range(20)]
    assert place(pieces) == place(reversed(pieces))


def test_agreement() -> None:
    same = Agreement.of([("x", "1"), ("x", "1"), ("y", "2")])
    assert (same.rand, same.precision, same.recall) == (1.0, 1.0, 1.0)
    split = Agreement.of([("x", "1"), ("y", "1"), ("z", "1"), ("z", "1"), ("w", "2")])
    assert split.precision == 1.0
    assert split.recall == pytest.approx(1 / 6)
    assert 0 < split.rand < 0.5
