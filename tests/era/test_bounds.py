"""A file of whatever bytes costs bounded memory and has its verdict in a line; a large odd one is still read."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from making import Pay, remittance

from bots.era.gate import judge

MOST_MB = 200
GOOD = remittance(Pay(claims=800)).decode()  # over the first 200 KB
CUT = GOOD.index("~SE*")
NONSENSE = {
    "segments that are none": "~ZZ*1",
    "segments that stand elsewhere": "~BPR*I*1~TRN*1*2*3~N1*PR*x",
    "elements that are none": "~CLP*a*b*c*d*e*f~SVC*HC:1*x*y",
    "a flood of transactions": "~ST*835*1",
    "a flood of groups": "~GS*HP*1",
}


def with_nonsense(text: str, size: int) -> bytes:
    return (GOOD[:CUT] + text * (size // len(text)) + GOOD[CUT:]).encode()


@pytest.mark.parametrize("kind", NONSENSE)
def test_nonsense_behind_a_sound_beginning_is_one_verdict(kind: str) -> None:
    [judged] = judge(with_nonsense(NONSENSE[kind], 2_500_000))
    assert judged.words == ("garbled",)


def test_its_peak_of_memory_is_bounded(tmp_path: Path) -> None:
    """Five million bytes of it took over two thousand million."""
    path = tmp_path / "nonsense.835"
    path.write_bytes(with_nonsense(NONSENSE["segments that stand elsewhere"], 5_000_000))
    judged = "[one.words for one in judge_file(pathlib.Path(sys.argv[1]))]"
    peak = "next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM'))"
    program = f"import pathlib, sys; from bots.era.files import judge_file; print({judged}); print({peak})"
    told = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    words, kilobytes = told.stdout.splitlines()
    assert words == "[('garbled',)]"
    assert int(kilobytes) / 1024 < MOST_MB


def test_a_file_of_two_thousand_million_bytes_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from bots.era.files import judge_file

    path = tmp_path / "huge.835"
    with path.open("wb") as file:
        file.truncate(2_000_000_000)
    monkeypatch.setattr(Path, "read_bytes", lambda self: pytest.fail("it was read"))
    [judged] = judge_file(path)
    assert judged.words == ("too_large",)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (GOOD.replace("CAS*CO*45", "CAS*ZZ*45"), {"unknown_code"}),
        (GOOD.replace("AMT*B6*", "AMT*B6*x"), {"departs"}),
        (remittance(replace(Pay(), claims=6, lines=900)).decode(), set()),
        (remittance(*(Pay(trace=str(n), seed=n, claims=2, lines=3) for n in range(1, 300))).decode(), set()),
    ],
    ids=["a code in each line", "an amount in each line", "claims of 900 lines", "many small payments"],
)
def test_much_that_is_odd_is_not_nonsense(data: str, words: set[str]) -> None:
    assert len(data) > 200_000
    for judged in judge(data.encode()):
        assert set(judged.words) == words
