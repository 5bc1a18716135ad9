"""Invented names: varied, and plainly nobody's."""

import random

LAST = (
    "Testerly", "Mockingham", "Samplewright", "Fictiva", "Dummond", "Placeholder", "Stubbins",
    "Fauxley", "Inventado", "Nobodyson", "Pretendleton", "Syntheson", "Fixtura", "Demoro",
    "Trialsworth", "Examplar", "Makebeliev", "Imaginaro", "Specimann", "Patternak", "Shamrow",
    "Simulacre", "Notreal", "Fabricant", "Modelsky", "Blanksworth", "Draftington", "Exampleton",
    "Phantomas", "Quasimoto", "Replican", "Standin", "Toyworth", "Unrealis", "Virtuoso-Test",
    "Waxfigure", "O'Sample", "de la Prueba", "Von Muster", "Zerofield",
)  # fmt: skip
FIRST_F = (
    "Avery", "Beatrix", "Carmela", "Delphine", "Esme", "Fiorella", "Greta", "Henrietta", "Ingrid",
    "Josephine", "Katya", "Lucinda", "Minerva", "Noemi", "Ottilie", "Philippa", "Quinn",
    "Rosalind", "Saoirse", "Thandiwe", "Ursula", "Valentina", "Winifred", "Xiomara", "Yasmin",
)  # fmt: skip
FIRST_M = (
    "Ambrose", "Bartholomew", "Cornelius", "Dashiell", "Emeric", "Florian", "Gideon", "Horatio",
    "Ignatius", "Jasper", "Kenji", "Leopold", "Montgomery", "Nathaniel", "Octavio", "Percival",
    "Quentin", "Rafael", "Sylvester", "Thaddeus", "Ulysses", "Vincenzo", "Wendell", "Xavier",
    "Zebulon",
)  # fmt: skip


def first_name(draw: random.Random, sex: str) -> str:
    """A first name for somebody of this sex."""
    return draw.choice(FIRST_F if sex == "F" else FIRST_M)
