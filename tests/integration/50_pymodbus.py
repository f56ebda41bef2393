#!/usr/bin/python3
"""A device we did not write (pymodbus's server), every type and byte order of
the profile format: what it serves is what SQLite and the broker hold, to the
last bit of a uint64 (field cases C01, C02, C03, C04, C06)."""
# timeout: 120
import json
import os
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import harness  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))

FORMAT = {"int16": ">h", "uint16": ">H", "int32": ">i", "uint32": ">I",
          "float32": ">f", "int64": ">q", "uint64": ">Q", "float64": ">d"}
ORDERS = {2: ["AB", "BA"], 4: ["ABCD", "CDAB", "BADC", "DCBA"],
          8: ["ABCDEFGH", "GHEFCDAB", "BADCFEHG", "HGFEDCBA"]}
VALUES = {
    "int16": [-251, -1, -32768, 32767],
    "uint16": [1, 65535],
    "int32": [-2147483648, 123456789],
    "uint32": [2147483648, 4294967295],
    "float32": [77.51460266113281, -40.25],
    "int64": [-9223372036854775808, 9007199254740993],
    "uint64": [18446744073709551615, 9223372036854775808, 9007199254740993],
    "float64": [0.1, -1.7976931348623157e308],
}


class Map:
    """Registers and the profile that describes them, side by side."""

    def __init__(self):
        self.registers = {"holding": {}, "input": {}, "coil": {},
                          "discrete": {}}
        self.points, self.expected = [], {}
        self.next = 0

    def put(self, table, words, spec, expected):
        addr = self.next
        for i, w in enumerate(words):
            self.registers[table][str(addr + i)] = w
        self.next += len(words) + 1     # a hole that must not be read over
        name = "p%d" % len(self.expected)
        self.points.append("  %s: {%s: %d%s}" % (name, table, addr, spec))
        self.expected[name] = expected
        return name


def wire_words(raw, order):
    """raw: most significant byte first; order: letters as they stand on the
    wire, A the most significant."""
    wire = bytes(raw[ord(c) - ord("A")] for c in order)
    return list(struct.unpack(">%dH" % (len(wire) // 2), wire))


def build():
    m = Map()
    for kind, values in VALUES.items():
        size = struct.calcsize(FORMAT[kind])
        for order in ORDERS[size]:
            for v in values:
                raw = struct.pack(FORMAT[kind], v)
                m.put("input" if order[0] == "B" else "holding",
                      wire_words(raw, order),
                      ", type: %s, order: %s" % (kind, order), v)
    # C01: frost is not an oven, and scaled decimals are exact.
    m.put("holding", [0xFF05], ", type: int16, scale: 0.01", -2.51)
    m.put("holding", [0x071D], ", type: uint16, scale: 0.01", 18.21)
    m.put("holding", [0xFF9B], ", type: int16, scale: 0.1", -10.1)
    m.put("holding", [0x0104], ", type: uint16, scale: 0.1", 26.0)
    # C02: a type mistake shows as the number it is.
    m.put("holding", [0x9BD4, 0x436E],
          ", type: uint32, order: CDAB, scale: 0.01", 11313223.24)
    # C04: no number, no value; a code only where it was configured.
    for words in ([0x7FC0, 0], [0xFFC0, 0], [0x7F80, 0], [0xFF80, 0]):
        m.put("holding", words, ", type: float32", None)
    m.put("holding", [0x8000, 0], ", type: int32, no_data: [0x80000000]", None)
    m.put("holding", [0x8000, 0], ", type: int32", -2147483648)
    m.put("holding", [0x8000, 0], ", type: uint32", 2147483648)
    m.put("holding", [2000], ', type: uint16, scale: 0.1, range: [0, 100]', None)
    m.put("holding", [0x12FE], ", type: int8", -2)
    m.put("holding", [0x12FE], ", type: uint8", 254)
    m.put("holding", [0x1234], ", type: bcd16", 1234)
    m.put("holding", [0x0098, 0x7654], ", type: bcd32", 987654)
    m.put("holding", [0x0098, 0x765F], ", type: bcd32", None)
    m.put("holding", [0x0A50], ", type: bits, mask: 0x0FF0, shift: 4", 0xA5)
    m.put("holding", [0x474D, 0x2D32, 0x3000], ", type: string, length: 3",
          "GM-20")
    for i in range(10):
        m.put("coil", [i % 3 == 0], "", int(i % 3 == 0))
        m.put("discrete", [i % 2 == 1], "", int(i % 2 == 1))
    return m


SITE = """gateway:
  id: type-bench
  clock: {{trust: system}}
store: {{path: {dir}/store.db, commit: 200ms}}
uplinks:
  county: {{broker: "mqtt://127.0.0.1:{mqtt}", topic: t/v1}}
lines:
  field:
    {transport}
    timeout: 1s
    devices:
      dev: {{type: every-type, unit: 1, every: 1s}}
"""


def same(a, b):
    return type(a) is type(b) and a == b or (
        isinstance(a, (int, float)) and isinstance(b, (int, float)) and a == b)


def check(transport, where, site_transport, tap):
    m = build()
    with harness.tempdir() as d, harness.Broker() as broker:
        os.mkdir(d + "/profiles")
        with open(d + "/profiles/every-type.yaml", "w") as f:
            f.write("profile: every-type\nmaker: test\nmodel: test\n"
                    "source: this test\nlimits: {registers_per_read: 125}\n"
                    "points:\n" + "\n".join(m.points) + "\n")
        field = subprocess.Popen(
            ["/usr/bin/python3", HERE + "/pymodbus_field.py", transport,
             where(d), json.dumps(m.registers)], preexec_fn=harness.die_with_us)
        try:
            gateway = harness.Gateway(
                d, SITE.format(dir=d, mqtt=broker.port,
                               transport=site_transport(d)),
                profiles=[d + "/profiles"])
            with gateway:
                judge(m, d, broker, transport, tap)
        finally:
            field.kill()
            field.wait()


def judge(m, d, broker, transport, tap):
    good = {n: v for n, v in m.expected.items() if v is not None}

    def arrived():
        got = {}
        for message in list(broker.messages):
            if message.topic == "t/v1/type-bench/readings":
                for item in json.loads(message.payload).get("field/dev", []):
                    got.update(item["values"])
        return got

    harness.wait_for(lambda: set(good) <= set(arrived()), 30)
    got = arrived()
    wrong = ["%s: sent %r, broker has %r" % (n, v, got.get(n))
             for n, v in good.items() if not same(v, got.get(n))]
    tap.ok(not wrong, "%s: %d values at the broker are what was served%s" % (
        transport, len(good), "".join("; " + w for w in wrong[:5])))
    bad = [n for n, v in m.expected.items() if v is None]
    tap.ok(not any(n in got for n in bad),
           "%s: the %d without a value are absent at the broker" % (
               transport, len(bad)))
    for message in list(broker.messages):
        json.loads(message.payload, parse_constant=lambda c: 1 / 0)
    tap.ok(True, "%s: every payload is strict JSON" % transport)

    rows = {}
    for name, value, quality in harness.sqlite(
            d + "/store.db", "SELECT name, value, quality FROM reading "
            "ORDER BY seq"):
        rows[name.split("/")[-1]] = (value, quality)
    wrong = []
    for n, v in good.items():
        value = rows.get(n, (None, None))[0]
        # SQLite has no unsigned 64-bit integer: above 2^63 - 1 the store
        # keeps the decimal text.
        if isinstance(v, int) and v > 2**63 - 1:
            v = str(v)
        if not same(v, value):
            wrong.append("%s: sent %r, SQLite has %r" % (n, v, value))
    tap.ok(not wrong, "%s: the same in SQLite%s" % (
        transport, "".join("; " + w for w in wrong[:5])))
    tap.ok(all(rows.get(n) == (None, "bad") for n in bad),
           "%s: those without a value are NULL and bad in SQLite: %s" % (
               transport, [rows.get(n) for n in bad]))


def main():
    tap = harness.Tap()
    port = harness.free_port()
    check("tcp", lambda d: str(port),
          lambda d: "transport: tcp\n    host: 127.0.0.1:%d" % port, tap)
    with harness.tempdir() as ptys:
        a, b = ptys + "/a", ptys + "/b"
        pair = harness.pty_pair(a, b)
        check("rtu", lambda d: a,
              lambda d: "transport: rtu\n    port: %s\n    baud: 19200" % b,
              tap)
        pair.close()
    tap.finish()


main()
