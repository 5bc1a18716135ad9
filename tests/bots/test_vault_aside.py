"""A credential manager that hangs holds up its own account and nobody else; a change of the vault is never half awaited."""

from __future__ import annotations

import ast
import asyncio
import multiprocessing
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from keeping_secrets import OLD, Keeping
from managers import Connect
from pydantic import SecretStr

from bots.sealing import create_key
from bots.vault.aside import aside
from flows.errors import InputError

BOTS = Path(__file__).parents[2] / "bots"
OF_A_MANAGER = {"get", "put", "totp_secret", "next_password", "put_pending", "mark_pending", "promote"}
OF_A_MANAGER |= {"discard_pending", "check", "stamps"}
MANY = 12


class Slow(Connect):
    """It takes every request, and answers when it may."""

    def __init__(self) -> None:
        super().__init__()
        self.may_answer, self.asked = threading.Event(), threading.Semaphore(0)
        real = self.server.answer

        def answer(*given: object) -> object:
            self.asked.release()
            self.may_answer.wait(20)
            return real(*given)  # type: ignore[arg-type]

        self.server.answer = answer  # type: ignore[method-assign]


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[tuple[Slow, Keeping]]:
    made = Slow()
    yield made, Keeping(tmp_path, create_key(tmp_path / "vault.key"), made)
    made.may_answer.set()
    made.stop()


async def test_many_that_wait_for_a_manager_hold_up_nobody(slow: tuple[Slow, Keeping]) -> None:
    manager, keeping = slow
    names = [keeping.account(f"a{number}") for number in range(MANY)]
    vault = keeping.vault()
    waiting = [asyncio.create_task(aside(vault.get, name)) for name in names]
    assert await asyncio.to_thread(manager.asked.acquire, timeout=60)  # asyncio's own threads are free
    assert not any(task.done() for task in waiting)
    manager.may_answer.set()
    assert {each.password for each in await asyncio.gather(*waiting)} == {SecretStr(OLD)}


async def test_who_is_cancelled_ends_when_the_change_has_ended() -> None:
    begun, may_end, done = threading.Event(), threading.Event(), []

    def change() -> None:
        begun.set()
        may_end.wait(20)
        done.append("changed")
        raise InputError("and told to nobody")

    task = asyncio.create_task(aside(change))
    await asyncio.to_thread(begun.wait, 20)
    task.cancel()
    await asyncio.wait([task], timeout=0.1)
    assert not task.done()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done == ["changed"]


async def test_what_goes_wrong_is_raised_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError):
        await aside(lambda: 1 // 0)


async def test_a_process_that_was_forked_waits_for_threads_of_its_own() -> None:
    assert await aside(threading.get_native_id) != threading.get_native_id()
    child = multiprocessing.get_context("fork").Process(target=_one_call)
    child.start()
    await asyncio.to_thread(child.join, 60)
    ended = child.exitcode
    child.kill()
    assert ended == 0


def _one_call() -> None:
    asyncio.run(aside(lambda: None))


FILES = [BOTS / "session.py", BOTS / "challenge.py", *sorted((BOTS / "runner").glob("*.py"))]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_session_waits_for_the_vault_itself(file: Path) -> None:
    tree = ast.parse(file.read_text())
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef)):
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
            if isinstance(call.func, ast.Attribute) and call.func.attr in OF_A_MANAGER:
                assert "vault" not in ast.unparse(call.func.value), f"{function.name}, line {call.lineno}"
