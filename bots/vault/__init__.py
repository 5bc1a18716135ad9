"""The embedded vault: passwords and authenticator secrets, one age file per account.

Reading one account opens one file, whatever their number. Every change is a whole new file under the account's lock,
so that writers in several processes lose nothing and a kill leaves the old entry or the new.
"""

from bots.vault.credential import Credential, OldPassword, Pending, check_account_name
from bots.vault.store import Check, Vault, create_vault

__all__ = ["Check", "Credential", "OldPassword", "Pending", "Vault", "check_account_name", "create_vault"]
