"""The inventory's tables, as migrations. A published migration is never edited; a new one is added."""

from __future__ import annotations

from sqlite_utils import Database, Migrations

from bots.inventory.columns import ACCOUNT_COLUMNS

migrations = Migrations("portalkeeper")

_FIRST_RELEASE = (
    "CREATE TABLE organizations (name TEXT NOT NULL, tin TEXT NOT NULL, PRIMARY KEY (name, tin)) STRICT, WITHOUT ROWID",
    "CREATE TABLE providers (npi TEXT PRIMARY KEY, name TEXT NOT NULL, medicaid_id TEXT) STRICT",
    """CREATE TABLE account_scope (
            account TEXT NOT NULL REFERENCES accounts(name), organization TEXT NOT NULL, tin TEXT NOT NULL,
            npi TEXT NOT NULL, payer TEXT NOT NULL, PRIMARY KEY (account, organization, tin, npi, payer),
            FOREIGN KEY (organization, tin) REFERENCES organizations(name, tin)) STRICT, WITHOUT ROWID""",
    """CREATE TABLE ledger (
            id INTEGER PRIMARY KEY, account TEXT NOT NULL, kind TEXT NOT NULL, fingerprint TEXT, time_step INTEGER,
            run_id TEXT, epoch INTEGER, opened_at TEXT NOT NULL, verdict TEXT NOT NULL, submissions INTEGER NOT NULL,
            closed_at TEXT, by TEXT, because TEXT) STRICT""",
    "CREATE INDEX ledger_account ON ledger(account, id)",
    "CREATE UNIQUE INDEX ledger_time_step ON ledger(account, time_step) WHERE kind = 'code'",
    """CREATE TABLE leases (
            account TEXT PRIMARY KEY, epoch INTEGER NOT NULL, owner TEXT NOT NULL, run_id TEXT, taken_at TEXT NOT NULL,
            released_at TEXT) STRICT""",
    """CREATE TABLE incidents (
            id INTEGER PRIMARY KEY, kind TEXT NOT NULL, account TEXT, portal TEXT, flow TEXT, error TEXT NOT NULL,
            phrase TEXT, screen TEXT, message TEXT NOT NULL, fingerprint TEXT, opened_at TEXT NOT NULL,
            opened_by TEXT NOT NULL, run_id TEXT, until TEXT, taken_by TEXT, taken_at TEXT, snoozed_until TEXT,
            note TEXT, ticket TEXT, closed_at TEXT, closed_by TEXT, because TEXT) STRICT""",
    "CREATE INDEX incidents_open ON incidents(kind, account, portal) WHERE closed_at IS NULL",
    "CREATE INDEX ledger_refused ON ledger(closed_at) WHERE kind = 'password' AND verdict IN ('refused', 'open')",
    """CREATE TABLE runs (
            id TEXT PRIMARY KEY, account TEXT NOT NULL, portal TEXT NOT NULL, flow TEXT NOT NULL, source TEXT NOT NULL,
            by TEXT NOT NULL, module_version TEXT NOT NULL, started_at TEXT NOT NULL, ended_at TEXT, sign_in TEXT,
            questions INTEGER NOT NULL, asked INTEGER NOT NULL DEFAULT 0, answered INTEGER NOT NULL DEFAULT 0,
            error TEXT, message TEXT, phrase TEXT, screen TEXT, locator TEXT, steps TEXT) STRICT""",
    "CREATE INDEX runs_account ON runs(account, started_at)",
    "CREATE INDEX runs_ended ON runs(portal, ended_at)",
    """CREATE TABLE due (
            id INTEGER PRIMARY KEY, schedule TEXT NOT NULL, account TEXT NOT NULL, flow TEXT NOT NULL,
            due_at TEXT NOT NULL, written_at TEXT NOT NULL, state TEXT NOT NULL, cause TEXT, run_id TEXT,
            ended_at TEXT, UNIQUE (schedule, account, due_at)) STRICT""",
    "CREATE INDEX due_open ON due(due_at) WHERE state = 'due'",
    """CREATE TABLE notices (
            id INTEGER PRIMARY KEY, at TEXT NOT NULL, account TEXT NOT NULL, run_id TEXT, kind TEXT NOT NULL,
            words TEXT NOT NULL) STRICT""",
    """CREATE TABLE audit (
            id INTEGER PRIMARY KEY, at TEXT NOT NULL, who TEXT NOT NULL, action TEXT NOT NULL, account TEXT,
            because TEXT NOT NULL, details TEXT NOT NULL, hash TEXT NOT NULL) STRICT""",
    "CREATE TRIGGER audit_keeps BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END",
    "CREATE TRIGGER audit_stays BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END",
)


_ERAS = (
    """CREATE TABLE era_files (
            sha256 TEXT PRIMARY KEY, received_at TEXT NOT NULL, source TEXT NOT NULL, portal TEXT NOT NULL,
            account TEXT NOT NULL, payer TEXT NOT NULL, run_id TEXT NOT NULL, size INTEGER NOT NULL,
            listed_trace TEXT NOT NULL, listed_amount TEXT NOT NULL, listed_paid_on TEXT NOT NULL,
            listed_payee TEXT NOT NULL) STRICT""",
    """CREATE TABLE era_drops (
            id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL REFERENCES era_files(sha256), member INTEGER NOT NULL,
            whole INTEGER NOT NULL, folder TEXT NOT NULL, name TEXT NOT NULL, mode INTEGER NOT NULL,
            owner_group TEXT NOT NULL, state TEXT NOT NULL, dropped_at TEXT, picked_up_at TEXT) STRICT""",
    "CREATE INDEX era_drops_waiting ON era_drops(state) WHERE state <> 'dropped'",
    "CREATE INDEX era_drops_lying ON era_drops(id) WHERE picked_up_at IS NULL",
    """CREATE TABLE era_payments (
            id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL REFERENCES era_files(sha256), member INTEGER NOT NULL,
            interchange INTEGER NOT NULL, part INTEGER NOT NULL, place INTEGER NOT NULL, verdict TEXT NOT NULL,
            reasons TEXT NOT NULL, payer TEXT NOT NULL, payer_title TEXT NOT NULL, payer_id TEXT NOT NULL,
            company_id TEXT NOT NULL, payee TEXT NOT NULL, payee_npi TEXT NOT NULL, payee_tin TEXT NOT NULL,
            trace TEXT NOT NULL, method TEXT NOT NULL, handling TEXT NOT NULL, amount TEXT, paid_on TEXT,
            claims INTEGER NOT NULL, provider_adjustments INTEGER NOT NULL, content TEXT NOT NULL,
            route TEXT NOT NULL, copy TEXT NOT NULL, state TEXT NOT NULL, drop_id INTEGER REFERENCES era_drops(id),
            UNIQUE (sha256, member, interchange, part, place)) STRICT""",
    "CREATE INDEX era_payments_content ON era_payments(content)",
    "CREATE INDEX era_payments_trace ON era_payments(trace)",
    """CREATE TABLE era_deposits (
            trace TEXT NOT NULL, company_id TEXT NOT NULL, amount TEXT NOT NULL, deposited_on TEXT NOT NULL,
            imported_at TEXT NOT NULL, PRIMARY KEY (trace, company_id, amount, deposited_on)) STRICT, WITHOUT ROWID""",
)


@migrations()
def m001_first_release(db: Database) -> None:
    """Accounts and who they act for, the ledger, leases, incidents, runs, due rows and the audit trail."""
    columns = ", ".join(f"{c.name} {c.type}" for c in ACCOUNT_COLUMNS if c.name != "name")
    db.execute(f"CREATE TABLE accounts (name TEXT PRIMARY KEY, {columns}) STRICT")
    for statement in _FIRST_RELEASE:
        db.execute(statement)


@migrations()
def m002_accounts_that_people_use_too(db: Database) -> None:
    """Columns of accounts that came later, and notices by time."""
    there = {column.name for column in db.table("accounts").columns}
    for column in ACCOUNT_COLUMNS:
        if column.name not in there:
            db.execute(f"ALTER TABLE accounts ADD COLUMN {column.name} {column.type}")
    db.execute("CREATE INDEX notices_at ON notices(at)")


@migrations()
def m003_vault_seen(db: Database) -> None:
    """What was last seen of the vault: each password by its fingerprint, and when its file was written."""
    db.execute(
        """CREATE TABLE vault_seen (account TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, written TEXT NOT NULL)
           STRICT, WITHOUT ROWID"""
    )


@migrations()
def m004_the_guard_reads_no_whole_ledger(db: Database) -> None:
    """SQLite uses a partial index only where the query repeats its condition: one for each of the brake's two."""
    db.execute("DROP INDEX IF EXISTS ledger_refused")  # on another condition until now
    for verdict, column in (("open", "opened_at"), ("refused", "closed_at")):
        db.execute(
            f"CREATE INDEX IF NOT EXISTS ledger_{verdict} ON ledger({column}) "
            f"WHERE kind = 'password' AND verdict = '{verdict}'"
        )


@migrations()
def m005_plausibility(db: Database) -> None:
    """How many answers of each outcome every run had from a payer, and which of them are held."""
    db.execute("ALTER TABLE incidents ADD COLUMN payer TEXT")
    db.execute(
        """CREATE TABLE outcomes (
            payer TEXT NOT NULL, flow TEXT NOT NULL, day TEXT NOT NULL, run_id TEXT NOT NULL, word TEXT NOT NULL,
            answers INTEGER NOT NULL, PRIMARY KEY (payer, flow, day, run_id, word)) STRICT, WITHOUT ROWID"""
    )
    db.execute(
        """CREATE TABLE holds (
            run_id TEXT NOT NULL, payer TEXT NOT NULL, flow TEXT NOT NULL, incident INTEGER NOT NULL,
            word TEXT NOT NULL, decided TEXT, decided_at TEXT, PRIMARY KEY (run_id, payer)) STRICT, WITHOUT ROWID"""
    )


@migrations()
def m006_eras_kept(db: Database) -> None:
    """Payments that portals list, and the remittance files that were fetched for them. No member data.

    A kept row without `kept_at` is a file on its way to disk; one with `set_aside_at` is worth nothing, and is fetched
    again.
    """
    payment = """account TEXT NOT NULL, portal TEXT NOT NULL, payer TEXT NOT NULL, trace TEXT NOT NULL,
        amount TEXT NOT NULL, paid_on TEXT NOT NULL, payee_tin TEXT NOT NULL, payee_npi TEXT NOT NULL,
        posted_on TEXT NOT NULL"""
    key = "portal, payer, trace, amount, paid_on, payee_tin, payee_npi, posted_on"
    db.execute(
        f"""CREATE TABLE era_listed (id INTEGER PRIMARY KEY, {payment}, method TEXT NOT NULL, mark TEXT NOT NULL,
            offered INTEGER NOT NULL, first_seen_at TEXT NOT NULL, seen_at TEXT NOT NULL, wanted_at TEXT,
            lost_at TEXT, UNIQUE ({key})) STRICT"""
    )
    db.execute(
        f"""CREATE TABLE era_kept (id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL, {payment}, size INTEGER NOT NULL,
            run_id TEXT NOT NULL, kept_at TEXT, set_aside_at TEXT, UNIQUE ({key}, sha256)) STRICT"""
    )
    db.execute("CREATE INDEX era_kept_sha256 ON era_kept(sha256)")


@migrations()
def m007_eras(db: Database) -> None:
    """835 files, the payments in them, what was passed on to billing, and what lists and banks say was paid. No PHI."""
    for statement in _ERAS:
        db.execute(statement)


@migrations()
def m008_ways_of_codes(db: Database) -> None:
    """By which ways an account's one-time codes come."""
    if "code_ways" not in {column.name for column in db.table("accounts").columns}:
        db.execute("ALTER TABLE accounts ADD COLUMN code_ways TEXT")


@migrations()
def m010_eras_that_are_late(db: Database) -> None:
    """What claims say was paid, what is late or waits with its incident, and which archived files were purged."""
    db.execute(
        """CREATE TABLE era_paid_claims (
            payer TEXT NOT NULL, payee_npi TEXT NOT NULL, payee_tin TEXT NOT NULL, trace TEXT NOT NULL,
            paid_on TEXT NOT NULL, run_id TEXT NOT NULL, claims INTEGER NOT NULL, amount TEXT NOT NULL,
            PRIMARY KEY (payer, payee_npi, payee_tin, trace, paid_on, run_id)) STRICT, WITHOUT ROWID"""
    )
    db.execute(
        """CREATE TABLE era_findings (
            key TEXT PRIMARY KEY, incident INTEGER NOT NULL REFERENCES incidents(id), kind TEXT NOT NULL,
            since TEXT NOT NULL, days INTEGER NOT NULL, payer TEXT NOT NULL, payee TEXT NOT NULL,
            payee_tin TEXT NOT NULL, trace TEXT NOT NULL, method TEXT NOT NULL, amount TEXT NOT NULL,
            words TEXT NOT NULL, do TEXT NOT NULL) STRICT, WITHOUT ROWID"""
    )
    db.execute("ALTER TABLE era_files ADD COLUMN purged_at TEXT")


@migrations()
def m012_the_service(db: Database) -> None:
    """What due rows wait for and until when, work lists by counts, who signed off what, copies of the data folder."""
    due = ("portal", "not_before", "start_by", "ready_by", "waits_for", "started_at", "by")
    there = {column.name for column in db.table("due").columns}
    for column in due:
        if column not in there:
            db.execute(f"ALTER TABLE due ADD COLUMN {column} TEXT")
    db.execute("UPDATE due SET portal = (SELECT portal FROM accounts WHERE name = due.account) WHERE state = 'due'")
    db.execute("CREATE INDEX IF NOT EXISTS due_running ON due(started_at) WHERE state = 'running'")
    db.execute(
        """CREATE TABLE IF NOT EXISTS worklists (
            schedule TEXT NOT NULL, day TEXT NOT NULL, file TEXT NOT NULL, flow TEXT NOT NULL, planned INTEGER NOT NULL,
            answered INTEGER NOT NULL, no_answer INTEGER NOT NULL, held INTEGER NOT NULL, not_asked INTEGER NOT NULL,
            words TEXT NOT NULL, chosen TEXT NOT NULL, answers TEXT NOT NULL, started_at TEXT NOT NULL, ready_at TEXT,
            ready_by TEXT, cause TEXT, PRIMARY KEY (schedule, day, file)) STRICT, WITHOUT ROWID"""
    )
    db.execute(
        """CREATE TABLE IF NOT EXISTS sign_offs (
            account TEXT NOT NULL, flow TEXT NOT NULL, module_version TEXT NOT NULL, signed_by TEXT NOT NULL,
            signed_at TEXT NOT NULL, PRIMARY KEY (account, flow, module_version)) STRICT, WITHOUT ROWID"""
    )
    db.execute(
        """CREATE TABLE IF NOT EXISTS backups (
            id INTEGER PRIMARY KEY, kind TEXT NOT NULL, at TEXT NOT NULL, file TEXT NOT NULL, size INTEGER NOT NULL,
            sha256 TEXT NOT NULL, made_at TEXT NOT NULL, by TEXT NOT NULL) STRICT"""
    )


_MORNING = (
    """CREATE TABLE outbox (
            id INTEGER PRIMARY KEY, made_at TEXT NOT NULL, kind TEXT NOT NULL, way TEXT NOT NULL, target TEXT NOT NULL,
            subject TEXT NOT NULL, body TEXT NOT NULL, page TEXT NOT NULL, state TEXT NOT NULL,
            tries INTEGER NOT NULL DEFAULT 0, next_try_at TEXT NOT NULL, said TEXT NOT NULL DEFAULT '', sent_at TEXT)
            STRICT""",
    "CREATE INDEX outbox_waiting ON outbox(next_try_at) WHERE state = 'waiting'",
    """CREATE TABLE alerts (
            incident INTEGER PRIMARY KEY, level TEXT NOT NULL, fact TEXT NOT NULL, told TEXT NOT NULL,
            told_at TEXT NOT NULL, escalated_at TEXT, cleared_at TEXT) STRICT""",
    "CREATE INDEX alerts_fact ON alerts(fact, told_at)",
    "CREATE INDEX runs_failed ON runs(account, started_at) WHERE error IS NOT NULL",
    "CREATE INDEX runs_begun ON runs(started_at)",
    "CREATE INDEX runs_history ON runs(portal, flow, started_at, error, ended_at, asked)",
    "CREATE INDEX due_written ON due(written_at)",
    "CREATE INDEX due_ended ON due(ended_at)",
    "CREATE INDEX incidents_closed ON incidents(closed_at) WHERE closed_at IS NOT NULL",
)


@migrations()
def m013_the_morning(db: Database) -> None:
    """What waits to be sent, which incidents somebody was told of, and indexes that the report reads by. No PHI."""
    for statement in _MORNING:
        db.execute(statement)


@migrations()
def m015_how_screens_look(db: Database) -> None:
    """Which locators of each screen matched, and on what kind of element. No texts of a page."""
    db.execute(
        """CREATE TABLE screens_seen (
            portal TEXT NOT NULL, screen TEXT NOT NULL, module_version TEXT NOT NULL, parts TEXT NOT NULL,
            first_seen_at TEXT NOT NULL, changed_at TEXT NOT NULL,
            PRIMARY KEY (portal, screen)) STRICT, WITHOUT ROWID"""
    )


@migrations()
def m014_evidence(db: Database) -> None:
    """Evidence that lies sealed on the disk, what must not be purged, and the counts of runs that were."""
    db.execute(
        """CREATE TABLE evidence (
            id TEXT PRIMARY KEY, run_id TEXT NOT NULL, account TEXT NOT NULL, portal TEXT NOT NULL, flow TEXT NOT NULL,
            screen TEXT, why TEXT NOT NULL, error TEXT, at TEXT NOT NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL,
            sha256_sealed TEXT NOT NULL, sealed_for TEXT NOT NULL) STRICT, WITHOUT ROWID"""
    )
    db.execute("CREATE INDEX evidence_run ON evidence(run_id)")
    db.execute(
        """CREATE TABLE retention_holds (
            id INTEGER PRIMARY KEY, kind TEXT NOT NULL, what TEXT NOT NULL, because TEXT NOT NULL, by TEXT NOT NULL,
            at TEXT NOT NULL, released_by TEXT, released_at TEXT, released_because TEXT) STRICT"""
    )
    db.execute(
        """CREATE TABLE run_days (
            day TEXT NOT NULL, account TEXT NOT NULL, portal TEXT NOT NULL, flow TEXT NOT NULL, runs INTEGER NOT NULL,
            failed INTEGER NOT NULL, asked INTEGER NOT NULL, answered INTEGER NOT NULL,
            PRIMARY KEY (day, account, portal, flow)) STRICT, WITHOUT ROWID"""
    )


@migrations()
def m016_purges_of_the_service(db: Database) -> None:
    """How the service's purge of each day went: counts of what went, or why it did not."""
    db.execute(
        """CREATE TABLE purges (
            day TEXT PRIMARY KEY, at TEXT NOT NULL, gone TEXT NOT NULL, trouble TEXT NOT NULL) STRICT, WITHOUT ROWID"""
    )
