"""The cap on sign-ins by password: what the portal saw, and what the person at the terminal is told."""

from __future__ import annotations

from house import House


def test_the_cap_holds_across_processes_and_says_until_when(house: House) -> None:
    name, user = house.account()
    house.env["PORTALKEEPER_SIGN_INS_PER_DAY"] = "2"
    kept = house.settings.state_folder / f"{name}.age"
    for _ in range(2):
        done = house.process("sign-in", name)
        assert done.returncode == 0, done.stderr
        house.world.advance(31)
        assert house.process("sign-in", name).returncode == 0  # a kept session needs no password
        kept.unlink()
    held = house.process("sign-in", name)
    assert held.returncode == 15
    assert "2 times in 24 hours" in held.stderr
    assert "held until" in held.stderr
    assert "2 times in 24 hours" in house.pk("why", name).stdout
    assert house.world.account("availity", user)["password_submissions"] == 2
    house.world.advance(24 * 3600)
    assert house.process("sign-in", name).returncode == 0
    assert house.world.account("availity", user)["password_submissions"] == 3
