"""A small portal to practise docs/adding-a-payer.md on: `python -m tests.practice_portal`.

User `sampleton`, password `Plain-pass1`; one organization, one provider, two members. `/seen` counts what came in.
"""

from __future__ import annotations

import json
import sys
from html import escape
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

USER, PASSWORD = "sampleton", "Plain-pass1"
SESSION = "practice"
ORGANIZATION = {"000004471": "Example Valley Medical Group"}
PROVIDER = {"2000001018": "Sampleton, Marguerite"}
MEMBERS = {
    ("S00100200", "02/01/1958"): ("Fiorella Examplar", "In force", "Sample Gold", "05/01/2020"),
    ("S00100300", "07/14/1981"): ("Gideon Placeholder", "Not in force", "Sample Silver", "01/01/2021"),
}
SEEN = {"passwords": 0, "refused": 0, "lookups": 0}
FRAME = (
    """<!doctype html><html lang="en"><head><title>Sample Mutual</title></head><body>{}<h1>{}</h1>{}</body></html>"""
)
LOGIN = """{}<form method="post"><label>User name <input name="user"></label>
<label>Your password <input name="password" type="password"></label><button>Log in</button></form>"""
SIGNED_IN = '<p id="who">Signed in as <b>Marguerite Sampleton</b></p><a href="/coverage">Coverage check</a>'
FORM = """<form method="post"><label for="p">Practice</label> <select name="practice" id="p"><option value=""></option>{}</select>
<label for="n">Rendering NPI</label> <select name="npi" id="n"><option value=""></option>{}</select>
<label>Member number <input name="member"></label><label>Born on <input name="born"></label>
<label>Day of service <input name="day"></label><button>Check</button></form>"""


def options(entries: dict[str, str]) -> str:
    return "".join(f'<option value="{value}">{words}</option>' for value, words in entries.items())


def answer(asked: dict[str, str]) -> str:
    """The page that answers one question."""
    SEEN["lookups"] += 1
    rows = {"Practice": ORGANIZATION[asked["practice"]], "NPI": asked["npi"], "Day of service": asked["day"]}
    rows["Member number"] = asked["member"]
    found = MEMBERS.get((asked["member"], asked["born"]))
    words = "" if found else "<p>We have no member with this number and birth date.</p>"
    if found:
        rows |= dict(zip(("Name", "Coverage", "Plan", "Since"), found, strict=True)) | {"Born on": asked["born"]}
    lines = "".join(f"<tr><th>{label}</th><td>{escape(value)}</td></tr>" for label, value in rows.items())
    return f'<div class="answer">{words}<table>{lines}</table></div>'


class PracticePortal(BaseHTTPRequestHandler):
    """Sample Mutual's provider portal."""

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/seen":
            self.show(json.dumps(SEEN), "application/json")
        elif not self.signed_in():
            self.show(FRAME.format("", "Providers, welcome", LOGIN.format("")))
        elif path == "/coverage":
            form = FORM.format(options(ORGANIZATION), options(PROVIDER))
            self.show(FRAME.format(SIGNED_IN, "Coverage check", form))
        else:
            self.show(FRAME.format(SIGNED_IN, "Your desk", ""))

    def do_POST(self) -> None:
        sent = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        asked = {name: values[0] for name, values in sent.items()}
        if "password" in asked:
            SEEN["passwords"] += 1
            if (asked["user"], asked["password"]) == (USER, PASSWORD):
                self.send_response(303)
                self.send_header("Set-Cookie", f"session={SESSION}; Path=/; HttpOnly")
                self.send_header("Location", "/desk")
                self.end_headers()
                return
            SEEN["refused"] += 1
            refused = '<p class="problem">We can\'t find this user name and password.</p>'
            self.show(FRAME.format("", "Providers, welcome", LOGIN.format(refused)))
        elif self.signed_in():
            self.show(FRAME.format(SIGNED_IN, "Coverage", answer(asked)))
        else:
            self.show(FRAME.format("", "Providers, welcome", LOGIN.format("")))

    def signed_in(self) -> bool:
        cookie = SimpleCookie(self.headers.get("Cookie", "")).get("session")
        return cookie is not None and cookie.value == SESSION

    def show(self, text: str, kind: str = "text/html; charset=utf-8") -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *arguments: object) -> None:
        """Nothing: what came in is at /seen."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 8470), PracticePortal)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
