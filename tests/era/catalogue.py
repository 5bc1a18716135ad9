"""Damaged and odd files, each with the verdict that docs/eras.md gives it: made, then changed in one way."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from making import Pay, Remittance, remittance

Expected = list[tuple[str, tuple[str, ...]]]
GOOD: Expected = [("good", ())]
TWO_GOOD = GOOD * 2

PAY = Pay()
ONE = remittance(PAY)
THREE = remittance(PAY, PAY.next(), PAY.next().next())
LINES = remittance(PAY, line_break="\r\n")


def quarantined(*words: str, times: int = 1) -> Expected:
    return [("quarantined", words)] * times


def flagged(*words: str) -> Expected:
    return [("flagged", words)]


def changed(pattern: str, to: str | Callable[[re.Match[str]], str], data: bytes = ONE, count: int = 1) -> bytes:
    """The file with the first match changed. The change must change something."""
    text = data.decode("latin-1")
    after = re.sub(pattern, to, text, count=count)
    assert after != text, pattern
    return after.encode("latin-1")


def recounted(data: bytes) -> bytes:
    """The file with the one transaction's segments counted again."""
    text = data.decode("latin-1")
    inside = text[text.index("ST*") : text.index("GE*")]
    return re.sub(r"SE\*\d+", f"SE*{inside.count('~')}", text).encode("latin-1")


def without(segment: str) -> bytes:
    return recounted(changed(rf"{segment}\*[^~]*~", ""))


def raised(pattern: str) -> bytes:
    """The file with one hundredth more in the amount that the pattern's second group finds."""
    return changed(pattern, lambda found: f"{found[1]}{Decimal(found[2]) + Decimal('0.01')}")


def wrapped(data: bytes, width: int, end: bytes = b"\r\n") -> bytes:
    return end.join(data[at : at + width] for at in range(0, len(data), width))


def in_zip(*files: tuple[str, bytes], packed: bool = True) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return stream.getvalue()


def encrypted(data: bytes) -> bytes:
    """A zip file whose members say that they are encrypted, in both places."""
    whole = bytearray(data)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = whole.find(mark)
        while at >= 0:
            whole[at + offset] |= 1
            at = whole.find(mark, at + 4)
    return bytes(whole)


def without_envelope() -> bytes:
    return ONE[ONE.index(b"ST*") : ONE.index(b"GE*")]


def one_transaction(*segments: str) -> bytes:
    return Remittance().envelope.wrap([[list(segments)]])


BAD_AMONG_GOOD = changed(r"(SE\*\d+)\*0002", r"\1*0009", THREE)
NUMBER_AGAIN = ONE + remittance(PAY.next())

CATALOGUE: dict[str, tuple[bytes, Expected]] = {
    # as they should be
    "good": (ONE, GOOD),
    "three payments": (THREE, GOOD * 3),
    "a check": (remittance(replace(PAY, method="CHK")), GOOD),
    "nothing paid": (remittance(replace(PAY, claims=0, method="NON")), GOOD),
    "adjustments only": (remittance(replace(PAY, claims=0, adjusted=Decimal("-31.07"))), GOOD),
    "an adjustment lowers the payment": (remittance(replace(PAY, adjusted=Decimal("100.00"))), GOOD),
    # odd, and read
    "a byte order mark": (b"\xef\xbb\xbf" + ONE, GOOD),
    "blank lines before": (b"\r\n  \n" + ONE, GOOD),
    "segments on lines": (remittance(PAY, line_break="\n"), GOOD),
    "lines of Windows": (LINES, GOOD),
    "indented": (remittance(PAY, line_break="\n    "), GOOD),
    "line feed as terminator": (remittance(PAY, terminator="\n"), GOOD),
    "carriage return and line feed as terminator": (remittance(PAY, terminator="\r\n"), GOOD),
    "wrapped at 80": (wrapped(ONE, 80), GOOD),
    "wrapped at 80 with line feeds": (wrapped(THREE, 80, b"\n"), GOOD * 3),
    "wrapped at 132": (wrapped(ONE, 132), GOOD),
    "no last terminator": (ONE.rstrip(b"~"), GOOD),
    "end of file of DOS": (ONE + b"\r\n\x1a", GOOD),
    "zeros at the end": (ONE + b"\0" * 512, GOOD),
    "other separators": (remittance(PAY, element="|", component=">", terminator="'"), GOOD),
    "separators that are control characters": (
        remittance(PAY, element="\x1d", component="\x1f", terminator="\x1c"),
        GOOD,
    ),
    "caret for components": (changed(r"\^", "U", remittance(PAY, component="^"), 1), GOOD),
    "a name in latin-1": (remittance(replace(PAY, payee="CL\xcdNICA EJEMPLO")), GOOD),
    "short ISA": (remittance(PAY, widths=False), [("good", ("departs",))]),
    "two interchanges": (ONE + remittance(PAY.next(), control=2), TWO_GOOD),
    "two interchanges, other separators": (
        ONE + remittance(PAY.next(), control=2, element="|", terminator="!"),
        TWO_GOOD,
    ),
    "many interchanges": (
        b"\n".join(remittance(replace(PAY, trace=str(n)), control=n) for n in range(1, 157)),
        GOOD * 156,
    ),
    "before the errata": (remittance(PAY, version="005010X221"), [("good", ("earlier_version",))]),
    "an adjustment reason nobody knows": (changed(r"CAS\*CO\*45", "CAS*CO*99999"), GOOD),
    "an organization for a patient": (changed(r"NM1\*QC\*1", "NM1*QC*9"), [("good", ("unknown_code",))]),
    "patient share is off": (
        changed(r"(CLP\*[^*]*\*1\*[^*]*\*[^*]*)\*[^*]*", r"\1*1.23"),
        [("good", ("patient_share",))],
    ),
    "reversal with another patient share": (changed(r"(CLP\*[^*]*)\*1(\*[^*]*\*[^*]*)\*[^*]*", r"\1*22\2*1.23"), GOOD),
    # no 835 at all
    "empty": (b"", quarantined("empty")),
    "blank": (b" \r\n\0\0", quarantined("empty")),
    "a sign-in page": (b"\n<!DOCTYPE html><html><body>Sign in</body></html>", quarantined("web_page")),
    "a page without a type": (b"<HTML><HEAD><TITLE>x</TITLE></HEAD></HTML>", quarantined("web_page")),
    "an error in XML": (b'<?xml version="1.0"?><Error/>', quarantined("web_page")),
    "a PDF": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", quarantined("pdf")),
    "words": (b"No file for the date requested is available.", quarantined("no_isa")),
    "a spreadsheet": (b"trace,amount\n1,2\n", quarantined("no_isa")),
    "UTF-16": (ONE.decode().encode("utf-16"), quarantined("no_isa")),
    "small letters": (ONE.lower(), quarantined("no_isa")),
    "bytes of chance": (bytes(range(256)) * 40, quarantined("no_isa")),
    "no envelope": (without_envelope(), quarantined("no_isa")),
    "words before the interchange": (b"Report of today: " + ONE, [*quarantined("no_isa"), *GOOD]),
    "words after the interchange": (ONE + b"end of report", [*GOOD, *quarantined("no_isa")]),
    "ISA without the rest": (ONE[:50], quarantined("truncated")),
    "ISA that separates nothing": (b"ISA" + b"*".join([b"00"] * 40) + b"~" * 10, quarantined("bad_separators")),
    # cut off
    "cut in a claim": (ONE[: len(ONE) // 2], quarantined("truncated")),
    "cut before SE": (ONE[: ONE.index(b"SE*")], quarantined("truncated")),
    "cut before GE": (ONE[: ONE.index(b"GE*")], quarantined("truncated")),
    "cut before IEA": (ONE[: ONE.index(b"IEA*")], quarantined("truncated")),
    "cut before ST": (ONE[: ONE.index(b"ST*")], quarantined("truncated")),
    "cut, and another after it": (ONE[: ONE.index(b"GE*")] + ONE, [*quarantined("truncated"), *GOOD]),
    # counts and control numbers
    "SE counts one too many": (
        changed(r"SE\*(\d+)", lambda found: f"SE*{int(found[1]) + 1}"),
        quarantined("wrong_count"),
    ),
    "GE counts another": (changed(r"GE\*1", "GE*2"), quarantined("wrong_count")),
    "IEA counts another": (changed(r"IEA\*1", "IEA*2"), quarantined("wrong_count")),
    "SE has another number": (changed(r"(SE\*\d+)\*0001", r"\1*0002"), quarantined("wrong_control_number")),
    "GE has another number": (changed(r"GE\*1\*1", "GE*1*7"), quarantined("wrong_control_number")),
    "IEA has another number": (changed(r"IEA\*1\*000000001", "IEA*1*000000007"), quarantined("wrong_control_number")),
    "SE without number": (changed(r"(SE\*\d+)\*0001", r"\1"), quarantined("wrong_control_number")),
    "one bad among good": (BAD_AMONG_GOOD, [*GOOD, *quarantined("wrong_control_number"), *GOOD]),
    "SE is missing among good": (
        changed(r"SE\*\d+\*0002~", "", THREE),
        [*GOOD, *quarantined("truncated"), *GOOD],
    ),
    "no GS": (changed(r"GS\*[^~]*~", ""), quarantined("wrong_count", "broken_envelope", "wrong_version")),
    "no ST": (changed(r"ST\*[^~]*~", ""), quarantined("wrong_count", "broken_envelope")),
    "nothing between": (Remittance().envelope.wrap([]), quarantined("no_transaction")),
    "an empty group": (Remittance().envelope.wrap([[]]), quarantined("no_transaction")),
    # another document
    "a 999": (changed(r"ST\*835", "ST*999", changed(r"GS\*HP", "GS*FA")), quarantined("not_835")),
    "a 277CA": (
        one_transaction("ST*277*0001*005010X214", "BHT*0085*08*1*20261102*0800*TH", "SE*3*0001"),
        quarantined("not_835"),
    ),
    "version 4010": (remittance(PAY, version="004010X091A1"), quarantined("wrong_version")),
    # kept and flagged
    "a hundredth more is paid": (raised(r"(BPR\*I\*)([\d.]+)"), flagged("unbalanced_payment")),
    "a hundredth more for a claim": (
        raised(r"(CLP\*[^*]*\*1\*[^*]*\*)([\d.]+)"),
        flagged("unbalanced_claim", "unbalanced_payment"),
    ),
    "a hundredth more is charged": (raised(r"(CLP\*[^*]*\*1\*)([\d.]+)"), flagged("unbalanced_claim")),
    "a hundredth more for a line": (raised(r"(SVC\*[^*]*\*[\d.]+\*)([\d.]+)"), flagged("unbalanced_line")),
    "an adjustment is off": (raised(r"(CAS\*CO\*45\*)([\d.]+)"), flagged("unbalanced_line", "unbalanced_claim")),
    "below zero": (remittance(replace(PAY, claims=0, adjusted=Decimal("10.00"))), flagged("negative_payment")),
    "an amount that is none": (changed(r"(CLP\*[^*]*\*1\*[^*]*\*)[\d.]+", r"\1XXX"), flagged("unreadable_amount")),
    "separator in the procedure": (
        changed(r"SVC\*HC:", "SVC*HC*"),
        flagged("unreadable_amount", "unbalanced_line", "departs"),
    ),
    "a date that is none": (changed(r"20261102~TRN", "20002316~TRN"), flagged("bad_date")),
    "no date": (changed(r"\*20261102~TRN", "*~TRN"), flagged("bad_date")),
    "no trace segment": (without("TRN"), flagged("no_trace")),
    "no trace number": (changed(r"TRN\*1\*\d+", "TRN*1*"), flagged("no_trace")),
    "no amount": (without("BPR"), quarantined("no_payment")),
    "garbled": (recounted(changed(r"LX\*1~", "LX*1~" + "ZZ9*1~" * 60_000)), quarantined("garbled")),
    "masked amount": (changed(r"BPR\*I\*[\d.]+", "BPR*I*XXXX"), quarantined("no_payment")),
    "wrong check digit of the payee": (changed(PAY.npi, "2000001019"), flagged("bad_npi")),
    "wrong check digit of a provider": (changed(r"\*XX\*20000020\d\d", "*XX*2000002010"), flagged("bad_npi")),
    "a test": (remittance(PAY, usage="T"), flagged("test_file")),
    "a prenotification": (changed(r"BPR\*I", "BPR*P"), flagged("no_remittance")),
    "a segment nobody knows": (recounted(changed(r"LX\*1~", "LX*1~ZZ9*1~")), flagged("structure")),
    "the same interchange twice": (ONE + ONE, [*GOOD, *flagged("repeated")]),
    "the same payment in another envelope": (
        ONE + remittance(PAY, control=2, element="|"),
        [*GOOD, *flagged("repeated")],
    ),
    "one control number twice": (NUMBER_AGAIN, [*GOOD, *flagged("control_number_reused")]),
    # zip files
    "a zip file": (in_zip(("a.835", ONE), ("deep/b.835", remittance(PAY.next()))), TWO_GOOD),
    "a zip file in a zip file": (in_zip(("a.zip", in_zip(("a.835", ONE)))), GOOD),
    "a page in a zip file": (in_zip(("a.835", ONE), ("b.835", b"<html></html>")), [*GOOD, *quarantined("web_page")]),
    "an empty zip file": (in_zip(), quarantined("zip_empty")),
    "an encrypted zip file": (encrypted(in_zip(("a.835", ONE))), quarantined("zip_encrypted")),
    "a name that climbs": (in_zip(("../a.835", ONE)), quarantined("zip_unsafe")),
    "a name from the root": (in_zip(("/etc/a.835", ONE)), quarantined("zip_unsafe")),
    "a name of Windows": (in_zip(("C:\\a.835", ONE)), quarantined("zip_unsafe")),
    "a zip bomb": (in_zip(("a.835", b"\0" * 30_000_000)), quarantined("zip_too_large")),
    "too many files": (in_zip(*((f"{n}.835", b"") for n in range(5001))), quarantined("zip_too_large")),
    "a damaged zip file": (in_zip(("a.835", ONE))[:-30], quarantined("zip_damaged")),
    "a zip file with changed bytes": (
        in_zip(("a.835", ONE), packed=False).replace(b"TRN*1", b"TRN*2"),
        quarantined("zip_damaged"),
    ),
}
