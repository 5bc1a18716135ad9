"""Addresses of Availity Essentials, as published or publicly coded; see docs/sandbox.md."""

LOGIN = "/static/public/onb/onboarding-ui-apps/availity-fr-ui/"
SHELL = "/static/web/onb/onboarding-ui-apps/navigation/"
ELIGIBILITY = "/static/web/pres/web/eligibility/"
CLAIM_STATUS = "/static/web/post/cs/enhanced-claim-status-ui/"
REMITS = "/static/web/post/rm/remitviewerui/"
MY_ACCOUNT = "/static/web/onb/onboarding-ui-apps/my-account/"
TELEMETRY = "/ms/api/availity/internal/pui/key-delivery/v1/telemetry"

PLATFORM = "/api/sdk/platform/v1"
SIGN_IN = "/cloud/public/onb/availity-fr/v1"
COVERAGES = "/api/v1/proxy/pres/coverages"
CLAIM_STATUSES = "/api/v1/proxy/post/claim-statuses"
REMITTANCES = "/api/v1/proxy/post/remittances"

COOKIE = "AVSESSION"
