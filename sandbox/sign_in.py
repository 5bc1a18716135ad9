"""How a portal judges passwords and codes, locks accounts and opens sessions."""

from enum import Enum

from sandbox.accounts import Account
from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.passwords import is_dormant, is_expired, warned_days
from sandbox.sessions import BROWSER, BUSY, CODE, EXPIRED, EXPIRING, HOME, QUESTION, TERMS, Session
from sandbox.totp import matching_step
from sandbox.world import Portal


class Verdict(Enum):
    """What the portal says of a password, an answer or a code."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    LOCKED = "locked"
    DISABLED = "disabled"


def receive_password(portal: Portal, user: str, password: str) -> None:
    """Count a password at the moment its request was read, whatever is answered later."""
    account = portal.accounts.get(user)
    portal.note(user, "password_submitted", known_user=account is not None)
    if account is None:
        portal.unknown_user_submissions += 1
        return
    account.tally.password_submissions += 1
    by_value = account.tally.password_submissions_by_value
    by_value[password] = by_value.get(password, 0) + 1
    account.tally.refused_password_repeats += password in account.refused_values


def judge_password(portal: Portal, user: str, password: str) -> Verdict:
    """Accept, refuse or lock. A locked or disabled account refuses the right password too."""
    account = portal.accounts.get(user)
    if account is None:
        return Verdict.REFUSED
    if _is_disabled(portal, account):
        account.tally.password_refusals += 1
        portal.note(user, "password_refused", because="disabled")
        return Verdict.DISABLED
    if not account.locked and password == account.password:
        if not account.security_questions:
            account.refused_in_a_row = 0
        portal.note(user, "password_accepted")
        return Verdict.ACCEPTED
    return refuse(portal, account, password)


def refuse(portal: Portal, account: Account, password: str) -> Verdict:
    """Count a refused password; enough in a row lock the account."""
    account.tally.password_refusals += 1
    if password != account.password:
        account.refused_values.add(password)
    return _counted(portal, account, "password")


def _counted(portal: Portal, account: Account, what: str) -> Verdict:
    account.refused_in_a_row += 1
    portal.note(account.user, f"{what}_refused", in_a_row=account.refused_in_a_row)
    if account.refused_in_a_row >= portal.policy.lockout_threshold:
        _lock(portal, account, f"{what}s")
    return _refusal(portal, account)


def begin(portal: Portal, faults: Faults, user: str, *, known_device: bool = False) -> Session:
    """After a right password: a session on its way to a new password, to the second step, or past both."""
    session = portal.sessions.begin(user)
    account = portal.account(session)
    session.agreement = faults.take(portal.id, "agreement", "sign_in", user) is not None
    session.terms = session.agreement or faults.take(portal.id, "terms", "sign_in", user) is not None
    session.second_step = bool(account.methods) and not known_device
    session.question = _question(portal, faults, account)
    if is_expired(portal.policy, account, portal.clock.now()):
        session.stage = EXPIRED
        portal.note(user, "password_expired")
    else:
        go_on(portal, session)
    return session


def _question(portal: Portal, faults: Faults, account: Account) -> str:
    """The security question of this sign-in, each of the account's in its turn; empty when none is asked."""
    questions = list(account.security_questions)
    wanted = portal.policy.security_questions or faults.take(portal.id, "security_question", "sign_in", account.user)
    if not questions or not wanted:
        return ""
    account.tally.questions_asked += 1
    return questions[(account.tally.questions_asked - 1) % len(questions)]


def receive_answer(portal: Portal, account: Account) -> None:
    """Count the answer to a security question at the moment its request was read."""
    account.tally.answer_submissions += 1
    portal.note(account.user, "answer_submitted")


def judge_answer(portal: Portal, session: Session, answer: str) -> Verdict:
    """Accept an answer, to the letter, or refuse it; refused ones lock together with refused passwords."""
    account = portal.account(session)
    if not account.locked and answer == account.security_questions.get(session.question):
        portal.note(account.user, "answer_accepted")
        session.question = ""
        return Verdict.ACCEPTED
    account.tally.answer_refusals += 1
    return _counted(portal, account, "answer")


def go_on(portal: Portal, session: Session) -> None:
    """Past the password, or past what stood between the password and home."""
    if session.question:
        session.stage = QUESTION
    elif session.stage != EXPIRING and session.second_step:
        session.stage = CODE
    else:
        complete(portal, session)


def receive_code(portal: Portal, account: Account) -> None:
    """Count a one-time code at the moment its request was read."""
    account.tally.code_submissions += 1
    portal.note(account.user, "code_submitted")


def judge_code(portal: Portal, clock: Clock, session: Session, code: str) -> Verdict:
    """Accept a code once; enough refused codes in a row lock the account."""
    account = portal.account(session)
    if not account.locked and _code_fits(account, session.method, code, clock.now()):
        account.refused_codes_in_a_row = 0
        portal.note(account.user, "code_accepted", method=session.method)
        return Verdict.ACCEPTED
    account.tally.code_refusals += 1
    account.refused_codes_in_a_row += 1
    portal.note(account.user, "code_refused", in_a_row=account.refused_codes_in_a_row)
    if account.refused_codes_in_a_row >= portal.policy.code_refusal_limit:
        _lock(portal, account, "codes")
    return _refusal(portal, account)


def complete(portal: Portal, session: Session) -> str:
    """After the last check: open the session by the portal's rule; the stage it reached."""
    others = portal.sessions.open_of(session.user)
    if session.terms:
        session.stage = TERMS
    elif _warns(portal, session):
        session.stage, session.warned = EXPIRING, True
    elif others and portal.policy.sessions == "refused":
        session.stage = BUSY
        portal.account(session).tally.sessions_refused += 1
        portal.note(session.user, "already_signed_in")
    elif others and portal.policy.sessions == "oldest_wins":
        session.stage = HOME
        _count_sign_in(portal, session)
        portal.sessions.end(session, "an older session goes on")
    else:
        _open(portal, session, others)
    return session.stage


def end_others(portal: Portal, session: Session) -> None:
    """The user chose to end the session that is signed in elsewhere."""
    for other in portal.sessions.open_of(session.user):
        portal.account(session).tally.sessions_ended_by_choice += 1
        _end_other(portal, session, other, "ended by choice elsewhere")
    _open(portal, session, [])


def _warns(portal: Portal, session: Session) -> bool:
    days = warned_days(portal.policy, portal.account(session), portal.clock.now())
    return days is not None and not session.warned and session.opened_by == BROWSER


def _is_disabled(portal: Portal, account: Account) -> bool:
    if not account.disabled and is_dormant(portal.policy, account, portal.clock.now()):
        account.disabled = True
        portal.note(account.user, "disabled", because="nobody signed in")
    return account.disabled


def _open(portal: Portal, session: Session, others: list[Session]) -> None:
    tally = portal.account(session).tally
    if portal.policy.sessions == "newest_wins":
        for other in others:
            tally.sessions_ended_by_newer += 1
            _end_other(portal, session, other, f"newer sign-in by {session.opened_by}")
    session.stage = HOME
    _count_sign_in(portal, session)
    tally.max_open_sessions = max(tally.max_open_sessions, len(portal.sessions.open_of(session.user)))


def _end_other(portal: Portal, session: Session, other: Session, reason: str) -> None:
    others = session.opened_by == BROWSER and other.opened_by != BROWSER
    portal.account(session).tally.sessions_of_others_ended += others
    portal.sessions.end(other, reason)


def _count_sign_in(portal: Portal, session: Session) -> None:
    account = portal.account(session)
    account.last_sign_in_at = session.signed_in_at = portal.clock.now()
    account.sign_in_times.append(account.last_sign_in_at)
    if session.opened_by != BROWSER:
        account.tally.sign_ins_elsewhere += 1
        portal.note(session.user, "signed_in", opened_by=session.opened_by)
        return
    account.tally.sign_ins += 1
    account.refused_in_a_row = 0
    account.refused_values.clear()
    portal.note(session.user, "signed_in", opened_by=session.opened_by)


def _code_fits(account: Account, method: str, code: str, now: float) -> bool:
    if method == "backup":
        return _spend_backup(account, code)
    if method == "text":
        fits = account.texted_code is not None and code == account.texted_code
        account.texted_code = None if fits else account.texted_code
        return fits
    step = matching_step(account.totp_secret, code, now)
    if step is None or step in account.used_steps:
        return False
    account.used_steps.add(step)
    return True


def _spend_backup(account: Account, code: str) -> bool:
    if code not in account.backup_codes:
        return False
    account.backup_codes.remove(code)
    return True


def _lock(portal: Portal, account: Account, because: str) -> None:
    if not account.locked:
        account.lock()
        portal.note(account.user, "locked", because=because)


def _refusal(portal: Portal, account: Account) -> Verdict:
    told = account.locked and portal.policy.lock_told
    return Verdict.LOCKED if told else Verdict.REFUSED
