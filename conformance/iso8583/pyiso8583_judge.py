"""Reads ISO 8583 frames with pyiso8583: `python3 pyiso8583_judge.py FOLDER < frames.json > readings.json`.

FOLDER is where the package is installed. The layouts below are written from ISO 8583:1987 and card scheme practice,
not derived from Coffer's own profiles: two sides that share a table share its mistakes.

An element with a bitmap of its own, or with parts at fixed places, is read by pyiso8583 too, as a message within the
message. Tags and lengths of subelements, which it does not know, are taken apart here.
"""

import codecs
import json
import sys

sys.path.insert(0, sys.argv[1])

import iso8583  # noqa: E402  (only here can it be found)

# Code page 1047 is code page 037 with six characters at other places. Python has the one and not the other.
# Source: IBM code pages 037 and 1047.
TABLE = list(bytes(range(256)).decode("cp037"))
for place, character in ((0x5F, "^"), (0xAD, "["), (0xB0, "\u00ac"), (0xBA, "\u00dd"), (0xBB, "\u00a8"), (0xBD, "]")):
    TABLE[place] = character
DECODING = "".join(TABLE)
ENCODING = codecs.charmap_build(DECODING)
assert len(set(DECODING)) == 256


def find_codec(name):
    if name != "cp1047":
        return None
    return codecs.CodecInfo(
        name=name,
        encode=lambda text, errors="strict": codecs.charmap_encode(text, errors, ENCODING),
        decode=lambda data, errors="strict": codecs.charmap_decode(data, errors, DECODING),
    )


codecs.register(find_codec)


def field(data_enc, max_len, len_type=0, len_enc="ascii", **more):
    return {"data_enc": data_enc, "len_enc": len_enc, "len_type": len_type, "max_len": max_len, "desc": "", **more}


class Ascii:
    """Digits, text and lengths in ASCII."""

    mti = field("ascii", 4)
    n = an = staticmethod(lambda length: field("ascii", length))
    ll_n = ll_text = staticmethod(lambda most: field("ascii", most, 2))
    lll_text = staticmethod(lambda most: field("ascii", most, 3))


class Packed:
    """Digits two to a byte, text in EBCDIC, lengths of one byte."""

    mti = field("b", 2)
    n = staticmethod(lambda length: field("b", length, 0, "b", len_count="nibbles", left_pad="0"))
    an = staticmethod(lambda length: field("cp1047", length))
    ll_n = staticmethod(lambda most: field("b", most, 1, "b", len_count="nibbles", left_pad="0"))
    ll_text = staticmethod(lambda most: field("cp1047", most, 1, "b"))
    ll_bytes = staticmethod(lambda most: field("b", most, 1, "b"))
    b = staticmethod(lambda length: field("b", length))


def common(kind):
    n, an = kind.n, kind.an
    return {
        "h": field("ascii", 0),
        "t": kind.mti,
        "p": field("b", 8),
        "1": field("b", 8),
        "2": kind.ll_n(19),
        "3": n(6),
        "4": n(12),
        "7": n(10),
        "11": n(6),
        "12": n(6),
        "13": n(4),
        "14": n(4),
        "15": n(4),
        "18": n(4),
        "19": n(3),
        "22": n(3),
        "25": n(2),
        "32": kind.ll_n(11),
        "33": kind.ll_n(11),
        "37": an(12),
        "38": an(6),
        "39": an(2),
        "41": an(8),
        "42": an(15),
        "43": an(40),
        "49": n(3),
        "70": n(3),
        "90": n(42),
        "95": n(42),
    }


MASTERCARD_LIKE = {
    **common(Ascii),
    "44": Ascii.ll_text(25),
    "48": Ascii.lll_text(999),
    "61": Ascii.lll_text(26),
    "63": Ascii.lll_text(50),
    "120": Ascii.lll_text(999),
}

VISA_LIKE = {
    **common(Packed),
    # Entry mode, PIN capability, and a digit that fills the byte up.
    "22": Packed.n(4),
    "44": Packed.ll_text(25),
    "60": Packed.ll_bytes(6),
    "62": Packed.ll_bytes(255),
    "63": Packed.ll_bytes(255),
    "123": Packed.ll_text(29),
    "125": Packed.ll_text(255),
    "126": Packed.ll_bytes(255),
}

SPECS = {"mastercard-like": MASTERCARD_LIKE, "visa-like": VISA_LIKE}

# Parts at fixed places, as (part, width).
ORIGINAL_DATA = [("1", 4), ("2", 6), ("3", 10), ("4", 11), ("5", 11)]
ADDRESS = [("1", 9), ("2", 20)]
PLACES = {
    "mastercard-like": {
        "43": [("1", 22), ("2", 1), ("3", 13), ("4", 1), ("5", 3)],
        "61": [(str(part), 1) for part in range(1, 12)] + [("12", 2), ("13", 3), ("14", 10)],
        "63": [("1", 3), ("2", 9)],
        "90": ORIGINAL_DATA,
        "120": ADDRESS,
    },
    "visa-like": {
        "43": [("1", 25), ("2", 13), ("3", 2)],
        "44": [(str(part), {6: 2, 11: 2, 14: 4}.get(part, 1)) for part in range(1, 15)],
        "60": [(str(part), {5: 2, 8: 2}.get(part, 1)) for part in range(1, 11)],
        "90": ORIGINAL_DATA,
        "123": ADDRESS,
    },
}

# Elements that begin with a bitmap: how many bytes it has, and what it may announce.
BITMAPPED = {
    "visa-like": {
        "62": (8, {1: Packed.an(1), 2: Packed.n(15), 3: Packed.an(4)}),
        "63": (3, {1: Packed.n(4), 2: Packed.n(4), 3: Packed.n(4)}),
        "126": (8, {8: Packed.b(20), 9: Packed.b(20), 10: Packed.an(6), 13: Packed.an(1)}),
    },
    "mastercard-like": {},
}
CVV2 = [("1", 1), ("2", 1), ("3", 4)]

# Subelements of DE48 that hold subfields of the same shape.
NESTED_TAGS = {"22", "42", "66"}


def inner_message(numbers, data, spec):
    """Reads parts as if they were elements. Their numbers are moved on by one, as bit 1 has a meaning of its own."""
    bits = 0
    for number in numbers:
        bits |= 1 << (128 - (number + 1))
    high, low = bits >> 64, bits & (2**64 - 1)
    if low:
        high |= 1 << 63
    bitmap = high.to_bytes(8, "big") + (low.to_bytes(8, "big") if low else b"")
    moved = {"h": field("ascii", 0), "t": field("b", 2), "p": field("b", 8), "1": field("b", 8)}
    moved.update({str(number + 1): layout for number, layout in spec.items()})
    decoded, _ = iso8583.decode(b"\x01\x00" + bitmap + data, moved)
    return {str(number): decoded[str(number + 1)] for number in numbers}


def read_places(path, text, places):
    present, at = [], 0
    for part, width in places:
        if at == len(text):
            break
        present.append((part, width))
        at += width
    spec = {int(part): field("ascii", width) for part, width in present}
    read = inner_message(sorted(spec), text.encode("ascii"), spec)
    return {f"{path}.{part}": read[part] for part, _ in present}


def read_bitmapped(path, data, length, spec):
    bits = int.from_bytes(data[:length], "big")
    numbers = [number for number in range(1, length * 8 + 1) if bits >> (length * 8 - number) & 1]
    return {f"{path}.{number}": value for number, value in inner_message(numbers, data[length:], spec).items()}


def read_tags(path, text):
    parts = {}
    while text:
        tag, length = text[:2], int(text[2:4])
        value, text = text[4 : 4 + length], text[4 + length :]
        if len(value) != length:
            raise ValueError(f"subelement {tag} of DE{path} is cut off")
        key = f"{path}.{int(tag)}"
        if key in parts:
            raise ValueError(f"subelement {tag} of DE{path} is there twice")
        if path == "48" and tag in NESTED_TAGS:
            parts.update(read_tags(key, value))
        else:
            parts[key] = value
    return parts


def parts_of(dialect, elements):
    parts = {}
    for number, places in PLACES[dialect].items():
        if number in elements:
            parts.update(read_places(number, elements[number], places))
    for number, (length, spec) in BITMAPPED[dialect].items():
        if number in elements:
            parts.update(read_bitmapped(number, bytes.fromhex(elements[number]), length, spec))
    if "126.10" in parts:
        parts.update(read_places("126.10", parts.pop("126.10"), CVV2))
    if dialect == "mastercard-like" and "48" in elements:
        parts.update({"48.TCC": elements["48"][:1], **read_tags("48", elements["48"][1:])})
    return parts


def judge(frame):
    try:
        data, spec = bytes.fromhex(frame["hex"]), SPECS[frame["dialect"]]
        decoded, _ = iso8583.decode(data, spec)
        elements = {key: value for key, value in decoded.items() if key.isdigit() and key != "1"}
        reading = {"mti": decoded["t"], "elements": elements, "parts": parts_of(frame["dialect"], elements)}
        # What it would have written itself must be the same bytes.
        written, _ = iso8583.encode({**elements, "t": decoded["t"]}, spec)
        if bytes(written) != data:
            return {"problem": "it would write other bytes than it has read"}
        return reading
    except (ValueError, KeyError) as error:
        return {"problem": f"{type(error).__name__}: {error}"}


json.dump([judge(frame) for frame in json.load(sys.stdin)], sys.stdout)
