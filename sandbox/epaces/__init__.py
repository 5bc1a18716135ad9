"""The simulated ePACES, New York Medicaid's portal: WebForms pages, each a full postback."""
