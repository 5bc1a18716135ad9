"""The vault: passwords and authenticator secrets, one age file per account or an item in a credential manager.

Every change is made under the account's lock, so that writers in several processes lose nothing and a kill leaves the
old entry or the new. Reading one account opens one file, or asks its manager once.
"""

from bots.vault.credential import Credential, OldPassword, Pending, check_account_name
from bots.vault.opening import create_vault, open_vault
from bots.vault.store import Check, Vault

__all__ = ["Check", "Credential", "OldPassword", "Pending", "Vault", "check_account_name", "create_vault", "open_vault"]
