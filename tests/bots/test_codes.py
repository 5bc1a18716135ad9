"""Codes equal RFC 6238's and an independent computation; a wait ends with the clock, and never on a spent step."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from bots import now
from bots.codes import totp
from bots.codes.totp import Totp
from flows.errors import InputError

RFC_SECRET = SecretStr(base64.b32encode(b"12345678901234567890").decode())
# RFC 6238, appendix B, SHA-1: the last six of the eight digits.
RFC_VECTORS = {59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037"}
START = 1_800_000_000  # a multiple of 30


def independent_code(secret: str, step: int) -> str:
    """RFC 4226, section 5.3, without any library for codes and with the key as short as it is."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
    offset = digest[-1] & 15
    return f"{(int.from_bytes(digest[offset : offset + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06}"


@pytest.mark.parametrize(("instant", "code"), RFC_VECTORS.items())
def test_the_rfcs_vectors(instant: int, code: str) -> None:
    authenticator = Totp(RFC_SECRET)
    step = authenticator.step_at(datetime.fromtimestamp(instant, UTC))
    assert authenticator.code_for(step).get_secret_value() == code


@pytest.mark.parametrize("secret", ["JBSWY3DPEHPK3PXP", "JBSWY3DPEHPK3PXPJB", "A" * 16, "GEZDGNBVGY3TQOJQ" * 4])
def test_secrets_of_any_length_give_the_codes_of_an_independent_computation(secret: str) -> None:
    authenticator = Totp(SecretStr(secret))
    for step in (1, START // 30, 2**33):
        assert authenticator.code_for(step).get_secret_value() == independent_code(secret, step)


@pytest.mark.parametrize("secret", ["0189", "ABC", "p@ss word"])
def test_what_is_no_secret_is_refused_without_repeating_it(secret: str) -> None:
    with pytest.raises(InputError, match="not base32") as caught:
        Totp(SecretStr(secret))
    assert secret not in str(caught.value)


def test_nothing_secret_shows() -> None:
    authenticator = Totp(SecretStr("JBSWY3DPEHPK3PXP"))
    assert "JBSWY" not in repr(authenticator) + repr(vars(authenticator))
    assert authenticator.code_for(1).get_secret_value() not in repr(authenticator.code_for(1))


def test_an_instant_has_a_time_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        Totp(RFC_SECRET).step_at(datetime(2026, 1, 1))


def test_importing_does_not_load_pyotp() -> None:
    command = [sys.executable, "-c", "import sys, bots.codes.totp; sys.exit('pyotp' in sys.modules)"]
    assert subprocess.run(command, cwd=Path(__file__).parents[2]).returncode == 0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[float], None]]:
    """A clock that stands still until it is set, in seconds after START."""
    seconds = [0.0]
    monkeypatch.setattr(now, "utc", lambda: datetime.fromtimestamp(START, UTC) + timedelta(seconds=seconds[0]))
    monkeypatch.setattr(totp, "_POLL_SECONDS", 0.01)
    yield lambda moved: seconds.__setitem__(0, moved)


async def waited(clock: Callable[[float], None], after: int | None, *moves: float) -> int:
    """The step found after the moves, each of which must have been needed."""
    search = asyncio.create_task(Totp(RFC_SECRET).next_usable_step(after))
    for move in moves:
        await asyncio.sleep(0.05)
        assert not search.done()
        clock(move)
    async with asyncio.timeout(1):
        return await search


@pytest.mark.parametrize("instant", [0, 12.5, 25.0])
async def test_the_current_step_is_taken_with_five_seconds_left(clock: Callable[[float], None], instant: float) -> None:
    clock(instant)
    assert await waited(clock, None) == START // 30
    assert await waited(clock, START // 30 - 1) == START // 30


async def test_with_less_left_the_next_is_awaited(clock: Callable[[float], None]) -> None:
    clock(25.1)
    assert await waited(clock, None, 29.9, 30.0) == START // 30 + 1


async def test_a_spent_step_is_never_given_again(clock: Callable[[float], None]) -> None:
    assert await waited(clock, START // 30, 20, 30) == START // 30 + 1


async def test_a_clock_moved_far_ends_the_wait_at_once(clock: Callable[[float], None]) -> None:
    assert await waited(clock, START // 30 + 2, 100_000_020) == (START + 100_000_020) // 30


async def test_after_the_clock_was_set_back_spent_steps_stay_spent(clock: Callable[[float], None]) -> None:
    clock(-60)
    assert await waited(clock, START // 30, 0, 31) == START // 30 + 1


async def test_a_step_that_only_a_clock_set_wrong_can_have_spent_is_not_waited_for(
    clock: Callable[[float], None],
) -> None:
    assert await waited(clock, START // 30 + 120) == START // 30
