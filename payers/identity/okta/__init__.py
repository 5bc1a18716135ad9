"""Okta, the sign-in service in front of TMHP's portal and others."""

from payers.identity.okta.failures import failures, meaning
from payers.identity.okta.last_sign_in import tell_last_sign_in
from payers.identity.okta.password_reset import change
from payers.identity.okta.phrases import PHRASES
from payers.identity.okta.screens import ForcedChange, UserId
from payers.identity.okta.sign_in import sign_in

__all__ = ["PHRASES", "ForcedChange", "UserId", "change", "failures", "meaning", "sign_in", "tell_last_sign_in"]
