"""What a profile means, written a second time and apart from the programs: its
text to points, registers to readings, formulas to values. For tests that judge
the gateway by it."""
import ast
import math
import re
import struct
from fractions import Fraction

import yaml

TABLES = ("holding", "input", "coil", "discrete")
OWN = {"profile", "extends", "source", "status", "checks", "examples",
       "variants"}
BITS = {"int8": 8, "uint8": 8, "int16": 16, "uint16": 16, "int32": 32,
        "uint32": 32, "int64": 64, "uint64": 64, "float32": 32, "float64": 64,
        "bool": 16, "bits": 16, "bcd16": 16, "bcd32": 32}
ON = ("true", "yes", "on")


def load(folder, name):
    # Everything stays text: `on` is a key, 0x10 is written as it is.
    with open("%s/%s.yaml" % (folder, name), encoding="utf-8") as f:
        own = yaml.load(f, yaml.BaseLoader)
    if "extends" not in own:
        return own
    base = load(folder, own["extends"])
    return lay({k: v for k, v in base.items() if k not in OWN}, own)


def lay(base, over):
    """over upon base: maps key by key, `none` takes away."""
    both = {}
    for k, v in base.items():
        if k not in over:
            both[k] = v
        elif isinstance(v, dict) and isinstance(over[k], dict):
            both[k] = lay(v, over[k])
        elif over[k] != "none":
            both[k] = over[k]
    both.update((k, v) for k, v in over.items() if k not in base)
    return both


def whole(text):
    return int(text, 0)


def milliseconds(text):
    n, unit = re.match(r"(\d+) ?(\w+)$", text).groups()
    return int(n) * {"ms": 1, "s": 1000, "min": 60000, "h": 3600000,
                     "d": 86400000}[unit]


class Point:
    def __init__(self, name, spec):
        self.name, self.spec = name, spec
        self.formula = spec.get("formula")
        self.table = next((t for t in TABLES if t in spec), None)
        self.addr = whole(spec[self.table]) if self.table else None
        self.bit = self.table in ("coil", "discrete")
        self.type = spec.get("type", "bool" if self.bit else None)
        if self.formula:
            self.type, self.count = "real", 0
        elif self.bit:
            self.count = 1
        elif self.type == "string":
            self.count = whole(spec["length"])
        else:
            self.count = max(1, BITS[self.type] // 16)
        self.kind = spec.get("kind", "state" if self.type == "bool" or
                             "enum" in spec else "gauge")
        self.output = self.kind == "output"
        self.part = self.kind == "part"
        self.latching = "pulse" in spec
        self.write_only = spec.get("write_only") in ON
        self.scale = Fraction(spec.get("scale", "1"))
        self.offset = Fraction(spec.get("offset", "0"))
        self.mask = whole(spec["mask"]) if "mask" in spec else None
        self.shift = whole(spec.get("shift", "0"))
        self.range = [float(v) for v in spec["range"]] \
            if "range" in spec else None
        on = spec.get("on", [])
        self.on = [whole(w) for w in (on if isinstance(on, list) else [on])]
        self.off = whole(spec["off"]) if "off" in spec else None
        self.safe = spec.get("safe") in ON

    def width(self):
        return BITS[self.type]

    def is_read(self):
        """It is asked for by itself, and has readings or is a part."""
        return not self.formula and not self.write_only and not self.latching

    # ---- bytes ----

    def order(self):
        default = "ABCDEFGH"[:2 * self.count] if self.type != "string" \
            else "AB"
        return self.spec.get("order", default)

    def raw(self, words):
        """The field's bits as an unsigned number."""
        if self.bit:
            return words[0]
        wire = struct.pack(">%dH" % len(words), *words)
        order = self.order()
        raw = int.from_bytes(bytes(
            wire[order.index(c)] for c in sorted(order)), "big")
        raw &= (1 << self.width()) - 1
        if self.mask is not None:
            raw &= self.mask
        return raw >> self.shift

    def words(self, raw):
        """Back again; what is not of the field is zero."""
        if self.bit:
            return [raw]
        letters = (raw << self.shift).to_bytes(2 * self.count, "big")
        wire = bytes(letters[ord(c) - ord("A")] for c in self.order())
        return list(struct.unpack(">%dH" % self.count, wire))

    # ---- a value ----

    def decode(self, words):
        """(value, reason): None and why, or a value and ''."""
        if self.type == "string":
            return self.text(words), ""
        raw = self.raw(words)
        codes = [whole(c) & ((1 << 16 * self.count) - 1)
                 for c in self.spec.get("no_data", [])]
        if raw in codes:
            return None, "no_data"
        if self.type == "bool" or self.on or self.off is not None:
            return int(self.is_on(words, raw)), ""
        number = self.number(raw)
        if number is None:
            return None, "no_data"
        plain = self.scale == 1 and self.offset == 0
        value = number if plain else \
            float(Fraction(number) * self.scale + self.offset)
        return self.judged(value)

    def judged(self, value):
        if "polynomial" in self.spec:
            value = sum(float(c) * value ** i
                        for i, c in enumerate(self.spec["polynomial"]))
        elif "table" in self.spec:
            value = self.looked_up(value)
        if value is None or (self.range and not
                             self.range[0] <= value <= self.range[1]):
            return None, "range"
        return value, ""

    def looked_up(self, x):
        rows = [(float(a), float(b)) for a, b in self.spec["table"]]
        for (x0, y0), (x1, y1) in zip(rows, rows[1:]):
            if x0 <= x <= x1:
                return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
        return None

    def number(self, raw):
        if self.type in ("float32", "float64"):
            form = {"float32": (">f", 4), "float64": (">d", 8)}[self.type]
            v = struct.unpack(form[0], raw.to_bytes(form[1], "big"))[0]
            return v if math.isfinite(v) else None
        if self.type.startswith("bcd"):
            digits = "%x" % raw
            return int(digits) if digits.isdigit() else None
        bits = self.width() - self.shift
        if self.type.startswith("int") and self.mask is None and \
                raw >> (bits - 1):
            return raw - (1 << bits)
        return raw

    def is_on(self, words, raw):
        whole_word = self.mask is None and not self.shift
        if self.off is not None and whole_word and words[0] == self.off:
            return False
        if self.on and self.off is not None:
            return (whole_word and words[0] == self.on[0]) or \
                (raw != 0) == (self.on[0] != 0)
        if self.on:
            return words[0] in self.on
        return raw != 0

    def text(self, words):
        wire = struct.pack(">%dH" % len(words), *words)
        if self.order() == "BA":
            wire = b"".join(wire[i:i + 2][::-1]
                            for i in range(0, len(wire), 2))
        return wire.split(b"\0")[0].decode().rstrip(" ")


# ---- formulas ----

def dew_point(t, rh):
    """Magnus over water, WMO-No. 8: 17.62 and 243.12 Cel."""
    if rh <= 0 or t <= -243.12:
        raise ValueError("no dew point")
    g = math.log(rh / 100) + 17.62 * t / (243.12 + t)
    return 243.12 * g / (17.62 - g)


FUNCTIONS = {"min": min, "max": max, "abs": abs, "sqrt": math.sqrt,
             "exp": math.exp, "ln": math.log, "log10": math.log10,
             "floor": math.floor, "dew_point": dew_point,
             "if_": lambda c, a, b: a if c else b}
BINARY = {ast.Add: lambda a, b: a + b, ast.Sub: lambda a, b: a - b,
          ast.Mult: lambda a, b: a * b, ast.Div: lambda a, b: a / b,
          ast.Pow: lambda a, b: a ** b}
COMPARE = {ast.Lt: lambda a, b: a < b, ast.LtE: lambda a, b: a <= b,
           ast.Gt: lambda a, b: a > b, ast.GtE: lambda a, b: a >= b,
           ast.Eq: lambda a, b: a == b, ast.NotEq: lambda a, b: a != b}


class Formula:
    def __init__(self, text):
        self.tree = ast.parse(re.sub(r"\bif\s*\(", "if_(",
                                     text.replace("^", "**")).strip(),
                              mode="eval").body
        called = {n.func.id for n in ast.walk(self.tree)
                  if isinstance(n, ast.Call)}
        self.names = {n.id for n in ast.walk(self.tree)
                      if isinstance(n, ast.Name)} - called

    def value(self, values):
        """None: it has none there."""
        try:
            v = float(self.of(self.tree, values))
        except (ValueError, ZeroDivisionError, OverflowError, TypeError):
            return None
        return v if math.isfinite(v) else None

    def of(self, n, values):
        if isinstance(n, ast.Constant):
            return float(n.value)
        if isinstance(n, ast.Name):
            return float(values[n.id])
        if isinstance(n, ast.UnaryOp):
            v = self.of(n.operand, values)
            return -v if isinstance(n.op, ast.USub) else float(not v)
        if isinstance(n, ast.BoolOp):
            every = [bool(self.of(v, values)) for v in n.values]
            return float(all(every) if isinstance(n.op, ast.And)
                         else any(every))
        if isinstance(n, ast.BinOp):
            return BINARY[type(n.op)](self.of(n.left, values),
                                      self.of(n.right, values))
        if isinstance(n, ast.Compare):
            return float(COMPARE[type(n.ops[0])](
                self.of(n.left, values), self.of(n.comparators[0], values)))
        return FUNCTIONS[n.func.id](*[self.of(a, values) for a in n.args])


# ---- a device ----

class Device:
    """A profile, or a variant of it."""

    def __init__(self, folder, name, variant=None):
        tree = load(folder, name)
        self.variants = list(tree.get("variants", {}))
        if variant:
            tree = lay(tree, tree["variants"][variant])
        self.tree, self.name, self.variant = tree, name, variant
        self.points = {n: Point(n, s) for n, s in tree["points"].items()}
        limits = tree.get("limits", {})
        self.registers = whole(limits.get("registers_per_read", "125"))
        self.coils = whole(limits.get("coils_per_read", "2000"))
        self.bridge = whole(limits.get("bridge_gaps", "0"))

    def setup(self):
        """(table, address, word) that the gateway sets."""
        for s in self.tree.get("setup", []):
            if "coil" in s:
                yield "coil", whole(s["coil"]), int(s["value"] in ON)
            else:
                yield "holding", whole(s["holding"]), \
                    whole(s["value"]) & 0xFFFF
        w = self.tree.get("watchdog")
        if w:
            yield "holding", whole(w["holding"]), \
                milliseconds(w["time"]) // milliseconds(w["step"])

    def readings(self, memory):
        """Name to (value, reason) for every point that has readings."""
        got = {}
        for p in self.points.values():
            if p.is_read():
                got[p.name] = p.decode([memory[p.table][p.addr + i]
                                        for i in range(p.count)])
        made = [p for p in self.points.values() if p.formula]
        while made:
            ready = [p for p in made if Formula(p.formula).names <= set(got)]
            if not ready:
                break       # of an output that is only written, perhaps
            for p in ready:
                got[p.name] = self.made(p, Formula(p.formula), got)
                made.remove(p)
        values = {n: v for n, (v, _) in got.items() if v is not None}
        for p in self.points.values():
            if "frozen" in p.spec and values.get(p.name) is not None:
                f = Formula(p.spec["frozen"])
                if f.names <= set(values) and f.value(values):
                    got[p.name] = got[p.name][0], "frozen"
        return {n: r for n, r in got.items() if not self.points[n].part}

    @staticmethod
    def made(p, formula, got):
        for n in formula.names:
            if got[n][0] is None:
                return got[n]
        value = formula.value({n: got[n][0] for n in formula.names})
        if value is None:
            return None, "no_data"
        if p.kind == "state":
            return int(value != 0), ""
        return p.judged(value)
