"""Okta's Identity Engine as its widget reads it: IDX answers, made from where a visit stands.

The shapes are those that the published widget (7.49.0) accepts.
"""

from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse, Response

from sandbox.okta.visit import AUTHENTICATORS, CHALLENGE, CHOOSE, DONE, IDENTIFY, PASSWORD, Visit
from sandbox.passwords import warned_days
from sandbox.sessions import EXPIRED, EXPIRING
from sandbox.world import Portal

ION = "application/ion+json; okta-version=1.0.0"
IDX = "/idp/idx"
ENROLLED: dict[str, dict[str, Any]] = {
    "okta_password": {"type": "password", "id": "aut-password", "displayName": "Password", "methods": ["password"]},
    "google_otp": {"type": "app", "id": "aut-totp", "displayName": "Google Authenticator", "methods": ["otp"]},
    "okta_email": {"type": "email", "id": "aut-email", "displayName": "Email", "methods": ["email"]},
}


class Idx:
    """Answers about one visit; `base` is Okta's address."""

    def __init__(self, portal: Portal, visit: Visit, base: str) -> None:
        self._portal = portal
        self._visit = visit
        self._base = base

    def answer(self, status: int = 200, message: tuple[str, str] | None = None, **more: Any) -> Response:
        """Where the visit stands; `message` is the key and the words of what was wrong with the last step."""
        said = self._frame() | self._step()
        if message:
            said["messages"] = _messages(*message)
        return JSONResponse(said | more, status, media_type=ION)

    def field_error(self, key: str, words: str) -> Response:
        """The step again, with what was wrong with its passcode."""
        said = self._frame() | self._step()
        said["remediation"]["value"][0]["value"][0]["form"]["value"][0]["messages"] = _messages(key, words)
        return JSONResponse(said, 400, media_type=ION)

    def end(self, key: str, words: str, status: int = 403) -> Response:
        """Nothing more can be done."""
        return JSONResponse(self._frame() | {"messages": _messages(key, words)}, status, media_type=ION)

    def _frame(self) -> dict[str, Any]:
        said: dict[str, Any] = {
            "version": "1.0.0",
            "stateHandle": self._visit.handle,
            "expiresAt": "2099-01-01T00:00:00.000Z",
            "intent": "LOGIN",
            "cancel": self._form("cancel", "cancel"),
            "app": {"type": "object", "value": {"name": "portal", "label": self._portal.id, "id": "0oa1"}},
        }
        if self._visit.user:
            said["user"] = {"type": "object", "value": {"id": "00u1", "identifier": self._visit.user}}
        return said

    def _step(self) -> dict[str, Any]:
        steps = {
            IDENTIFY: self._identify,
            PASSWORD: self._password,
            CHOOSE: self._choose,
            CHALLENGE: self._challenge,
            EXPIRED: self._expired,
            EXPIRING: self._expiring,
            DONE: self._done,
        }
        return steps[self._visit.step(self._portal)]()

    def _identify(self) -> dict[str, Any]:
        fields: list[dict[str, Any]] = [
            {"name": "identifier", "label": "Username", "required": True},
            {"name": "rememberMe", "type": "boolean", "label": "Remember this device"},
        ]
        return _remedies(self._form("identify", "identify", *fields))

    def _password(self) -> dict[str, Any]:
        return self._challenged("okta_password", "Password", secret=True)

    def _choose(self) -> dict[str, Any]:
        form, enrolled = self._choice()
        return _remedies(form) | {"authenticatorEnrollments": enrolled}

    def _choice(self) -> tuple[dict[str, Any], dict[str, Any]]:
        factors = [AUTHENTICATORS[method] for method in self._visit.factors(self._portal)]
        options = [
            {
                "label": ENROLLED[key]["displayName"],
                "value": {"form": {"value": _fixed(id=ENROLLED[key]["id"], methodType=ENROLLED[key]["methods"][0])}},
                "relatesTo": f"$.authenticatorEnrollments.value[{number}]",
            }
            for number, key in enumerate(factors)
        ]
        choice = {"name": "authenticator", "type": "object", "options": options}
        form = self._form("select-authenticator-authenticate", "challenge", choice)
        return form, {"type": "array", "value": [self._enrolled(key) for key in factors]}

    def _challenge(self) -> dict[str, Any]:
        said = self._challenged(AUTHENTICATORS[self._visit.chosen], "Enter code")
        if len(self._visit.factors(self._portal)) > 1:
            form, said["authenticatorEnrollments"] = self._choice()
            said["remediation"]["value"].append(form)
        return said

    def _challenged(self, key: str, label: str, *, secret: bool = False) -> dict[str, Any]:
        enrolled = self._enrolled(key)
        if key == "okta_email":
            enrolled["resend"] = self._form("resend", "challenge/resend")
        form = self._form("challenge-authenticator", "challenge/answer", _passcode(label, secret=secret))
        form["relatesTo"] = ["$.currentAuthenticatorEnrollment"]
        return _remedies(form) | {"currentAuthenticatorEnrollment": {"type": "object", "value": enrolled}}

    def _expired(self) -> dict[str, Any]:
        return self._renewal("reenroll-authenticator", {})

    def _expiring(self) -> dict[str, Any]:
        days = warned_days(self._portal.policy, self._visit.account(self._portal), self._portal.clock.now())
        said = self._renewal("reenroll-authenticator-warning", {"daysToExpiry": days})
        said["remediation"]["value"].append(self._form("skip", "skip"))
        return said

    def _renewal(self, name: str, more: Mapping[str, Any]) -> dict[str, Any]:
        form = self._form(name, "challenge/answer", _passcode("New password", secret=True))
        form["relatesTo"] = ["$.currentAuthenticator"]
        settings = {"complexity": complexity(self._portal), "age": age(self._portal), **more}
        current = {"type": "object", "value": self._enrolled("okta_password") | {"settings": settings}}
        return _remedies(form) | {"currentAuthenticator": current}

    def _done(self) -> dict[str, Any]:
        href = f"{self._base}/login/token/redirect?stateToken={self._visit.handle}"
        return {"success": {"name": "success-redirect", "href": href}}

    def _enrolled(self, key: str) -> dict[str, Any]:
        said: dict[str, Any] = ENROLLED[key] | {
            "key": key,
            "methods": [{"type": each} for each in ENROLLED[key]["methods"]],
        }
        if key == "okta_email":
            said["profile"] = {"email": "w***r@worker.example"}
        return said

    def _form(self, name: str, path: str, *fields: Mapping[str, Any]) -> dict[str, Any]:
        handle: dict[str, Any] = {
            "name": "stateHandle",
            "required": True,
            "value": self._visit.handle,
            "visible": False,
        }
        return {
            "rel": ["create-form"],
            "name": name,
            "href": f"{self._base}{IDX}/{path}",
            "method": "POST",
            "produces": ION,
            "accepts": ION,
            "value": [*fields, handle | {"mutable": False}],
        }


def complexity(portal: Portal) -> dict[str, Any]:
    """The password rule as Okta spells it."""
    policy = portal.policy
    return {
        "minLength": policy.password_min_length,
        "minLowerCase": 1,
        "minUpperCase": 1,
        "minNumber": 1,
        "minSymbol": int(bool(policy.special_characters)),
        "excludeUsername": False,
        "excludeAttributes": [],
    }


def age(portal: Portal) -> dict[str, Any]:
    """How old a password must be, and how many of the last ones don't pass."""
    minutes = round(portal.policy.password_min_age_days * 1440)
    return {"minAgeMinutes": minutes, "historyCount": portal.policy.password_history}


def _remedies(*forms: dict[str, Any]) -> dict[str, Any]:
    return {"remediation": {"type": "array", "value": list(forms)}}


def _passcode(label: str, *, secret: bool) -> dict[str, Any]:
    field: dict[str, Any] = {"name": "passcode", "label": label} | ({"secret": True} if secret else {})
    return {"name": "credentials", "type": "object", "required": True, "form": {"value": [field]}}


def _fixed(**values: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "required": name == "id", "value": value, "mutable": False} for name, value in values.items()
    ]


def _messages(key: str, words: str) -> dict[str, Any]:
    return {"type": "array", "value": [{"message": words, "i18n": {"key": key}, "class": "ERROR"}]}
