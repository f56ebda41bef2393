#!/usr/bin/python3
"""gatewayctl profiles: the library listed, explained, put to the test, and
what it prints for a site file taken at its word."""
# timeout: 240
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import harness  # noqa: E402

PROBE = """\
profile: my-probe
maker: A maker
model: P-1, a probe that says it all
source: its manual, 3rd edition
status: unverified
checks: [Compare the level with a stick.]
wiring: brown 12 V, black 0 V, yellow A, blue B
notes: Keep it dry.
serial: {baud: 4800, parity: even, stop_bits: 1, unit: 7}
limits: {registers_per_read: 20, quiet: 30ms, warm_up: 10s}
setup: [{holding: 100, value: 5}]
commission:
  universal: 255
  unit: {holding: 0x07D0, range: [1, 247]}
  baud: {holding: 0x07D1, values: {4800: 1, 9600: 2}}
  save: {holding: 15, value: 9}
  then: switch it off and on
never: [{holding: 58, count: 2, why: they press its keys}]
identify: [{holding: 0x0A, is: [1, 4]}, {holding: 0x0B, lacks: yes}]
variants:
  swapped: {points: {level: {order: ABCD}}}
examples:
  - from: manual, page 9
    frames: ["07 03 00 00 00 01 %s > 07 03 02 00 FA %s"]
    readings: {temperature: %s}
points:
  temperature: {holding: 0, type: int16, scale: 0.1, unit: Cel, range: [-40, 80], help: of the water}
  whole:       {holding: 2, type: int32, order: CDAB, kind: part}
  level:       {holding: 4, type: float32, order: CDAB, unit: m, table: [[0, 0], [5, 4.5]]}
  total:       {formula: whole + level, unit: m3, kind: counter}
  moisture:    {holding: 6, type: uint16, scale: 0.1, no_data: [0x7FFF], frozen: temperature <= 0, stuck: 7d}
  rain:        {holding: 7, type: uint16, kind: counter, accumulate: yes}
  state:       {holding: 8, type: uint16, kind: state, enum: {0: closed, 1: open}}
  mode:        {holding: 9, type: uint16, kind: setting, function: 16, every: 1h}
  running:     {holding: 10, type: bool, kind: state, on: [1, 2]}
  pump:        {coil: 3, kind: output, max_on: 4h, confirm: running, settle: 5s, timer: {coil: 0x0203, step: 100ms, longest: 3276s}}
"""


def crc(data):
    c = 0xFFFF
    for b in bytes.fromhex(data):
        c ^= b
        for _ in range(8):
            c = c >> 1 ^ (0xA001 if c & 1 else 0)
    return "%02X %02X" % (c & 0xFF, c >> 8)


def probe(value="25.0"):
    return PROBE % (crc("070300000001"), crc("07030200FA"), value)


def ctl(*args):
    r = subprocess.run([harness.BUILD + "/gatewayctl"] + list(args),
                       capture_output=True, text=True, timeout=60)
    return r.returncode, r.stdout, r.stderr


def profiles(*args):
    return ctl("profiles", *args, "--profiles", harness.PROFILES)


def words(text):
    """Without the places where lines end."""
    return " ".join(text.split())


def the_list(tap):
    files = sorted(f[:-5] for f in os.listdir(harness.PROFILES)
                   if f.endswith(".yaml"))
    code, out, err = profiles("--json")
    known = {x["profile"]: x for x in json.loads(out)["profiles"]}
    tap.ok(code == 0 and set(files) <= set(known),
           "the list has every file of the library " + err)
    wrong = [x for x in files if known[x]["status"] == "wrong"]
    tap.ok(not wrong, "all can be read: %s" % wrong)
    soil = known["cwt-soil-thc-s"]
    tap.ok((soil["maker"], soil["baud"], soil["parity"], soil["unit"]) ==
           ("ComWinTop", 4800, "none", 1) and
           "moisture" in soil["measures"] and soil["source"] and
           soil["status"] == "documented", "what a row has, for programs")
    code, out, err = profiles()
    rows = out.splitlines()
    tap.ok(code == 0 and rows[0].split()[:3] == ["PROFILE", "MAKER", "MODEL"]
           and len(rows) == len(known) + 1, "and one row each for people")
    row = [x for x in rows if x.startswith("cwt-soil-thc-s ")][0]
    tap.ok("moisture, temperature" in row and "4800 8N1" in row and
           "documented" in row, "a row: " + row)
    tap.ok(any("8 x relay" in x for x in rows), "eight relays are one word")
    code, out, err = profiles("SOIL", "--json")
    some = [x["profile"] for x in json.loads(out)["profiles"]]
    tap.ok(code == 0 and "cwt-soil-thc-s" in some and
           "waveshare-relay-8" not in some, "those in which a word stands")
    code, out, err = profiles("cwt-soil-thc")
    tap.ok(code == 0 and "cwt-soil-thc-s" in out, "part of a name is a word")
    code, out, err = profiles("cwt-sol-thc-s")
    tap.ok(code == 1 and not out and "nearest: cwt-soil-thc-s" in err,
           "a name that is none: 1, and the nearest")
    for bad in (("a", "b"), ("--yaml",), ("--variant", "x"),
                ("--variant",), ("no/such/file.yml",)):
        code, out, err = ctl("profiles", *bad)
        tap.ok(code == 2 and err and not out, "%s: 2 and a word" % (bad,))
    code, out, err = ctl("profiles", "--help")
    tap.ok(code == 0 and "--check" in out, "--help")


def explained(tap, d):
    code, out, err = ctl("profiles", "my-probe", "--profiles", d)
    text = words(out)
    tap.ok(code == 0 and not err, "one explained: 0 " + err)
    for phrase in (
            "A maker, P-1, a probe that says it all",
            "source its manual, 3rd edition", "status unverified",
            "check Compare the level with a stick.",
            "wiring brown 12 V, black 0 V, yellow A, blue B",
            "factory 4800 baud, even parity, 1 stop bit, unit 7",
            "at most 20 registers a read", "30 ms of rest",
            "for 10 s after it is switched on",
            "variants swapped (in the site: {type: my-probe, variant: "
            "swapped})", "answers to unit 255",
            "Holding register 2000 (0x07D0) takes its unit, 1 to 247",
            "its speed in baud: 1 for 4800, 2 for 9600",
            "Then 9 into holding register 15 (0x000F)",
            "switch it off and on", "Holding register 100 (0x0064): 5",
            "Holding registers 58 to 59 (0x003A): they press its keys",
            "Holding register 10 (0x000A) is 1 to 4",
            "Holding register 11 (0x000B) is refused",
            "temperature, Cel of the water; holding register 0 (0x0000), "
            "int16, x 0.1; bad outside -40 to 80",
            "holding registers 2 to 3 (0x0002), int32 with the low register "
            "first (CDAB)", "formulas take it", "between 0: 0, 5: 4.5",
            "computed: whole + level", "no reading at 0x7FFF",
            "uncertain (frozen) by a rule on temperature",
            "when it stays the same for 7 d",
            "counted on when the device clears it or it wraps",
            "0 is closed, 1 is open", "written with function 16",
            "read every 1 h", "on at 1 or 2, off at all others",
            "open for 4 h at most", "the device's own timer in coil 515 "
            "(0x0203), in steps of 100 ms up to 3276 s",
            "`running` shows what it really does, within 5 s",
            "Notes Keep it dry."):
        tap.ok(phrase in text, "it says: " + phrase)
    tap.ok(max(len(x) for x in out.splitlines()) < 80, "in 79 columns")
    code, out, err = ctl("profiles", "my-probe", "--variant", "swapped",
                         "--profiles", d)
    tap.ok(code == 0 and "holding registers 4 to 5 (0x0004), float32;" in
           words(out), "as a variant")
    code, out, err = ctl("profiles", "my-probe", "--variant", "swaped",
                         "--profiles", d)
    tap.ok(code == 1 and "swaped" in err and not out, "no such variant: 1")


def for_programs(tap, d):
    code, out, err = ctl("profiles", "my-probe", "--json", "--profiles", d)
    p = json.loads(out)
    points = {x["name"]: x for x in p["points"]}
    tap.ok(code == 0 and p["serial"] == {
        "baud": 4800, "parity": "even", "stop_bits": 1, "unit": 7} and
        p["limits"]["quiet_ms"] == 30 and p["variants"] == ["swapped"] and
        p["file"] == d + "/my-probe.yaml", "--json: the head")
    tap.ok(p["commission"]["baud"]["values"] ==
           [{"means": 4800, "word": 1}, {"means": 9600, "word": 2}] and
           p["commission"]["unit"]["holding"] == 2000 and
           p["commission"]["save"] == {"holding": 15, "value": 9} and
           p["setup"] == [{"table": "holding", "addr": 100, "value": 5}] and
           p["never"][0]["count"] == 2 and p["identify"][1]["lacks"] is True,
           "--json: what is set, and never")
    level, pump = points["level"], points["pump"]
    tap.ok((level["table"], level["addr"], level["count"], level["type"],
            level["order"], level["curve_table"]) ==
           ("holding", 4, 2, "float32", "CDAB", [0, 0, 5, 4.5]) and
           (points["temperature"]["mul"], points["temperature"]["div"]) ==
           (1, 10) and points["moisture"]["no_data"] == [32767],
           "--json: where a point stands")
    tap.ok(points["total"]["formula"] == "whole + level" and
           points["total"]["inputs"] == ["whole", "level"] and
           points["whole"]["kind"] == "part" and
           points["state"]["enum"][1] == {"value": 1, "name": "open"} and
           points["running"]["on"] == [1, 2], "--json: what it means")
    tap.ok((pump["confirm"], pump["settle_ms"], pump["max_on_ms"],
            pump["safe"], pump["timer"]["addr"], pump["timer"]["longest_ms"])
           == ("running", 5000, 14400000, "off", 515, 3276000),
           "--json: an output")
    tap.ok(p["examples"][0]["readings"] == {"temperature": "25.0"} and
           p["examples"][0]["frames"][0]["answer"].startswith("07030200FA"),
           "--json: an example")


def put_to_the_test(tap, d):
    path = d + "/my-probe.yaml"
    code, out, err = ctl("profiles", "--check", path)
    tap.ok(code == 0 and not err and
           "my-probe: ok, 10 points, 1 example\n" in out,
           "a file that is being written: " + out + err)
    with open(path, "w") as f:
        f.write(probe("2.5"))
    line = 1 + probe().splitlines().index("  - from: manual, page 9")
    code, out, err = ctl("profiles", "--check", "my-probe", "--profiles", d)
    tap.ok(code == 1 and "my-probe: wrong" in out and re.search(
        r"^%s:%d: example of manual, page 9: .*temperature.*25.*2\.5" %
        (re.escape(path), line), err, re.M), "a wrong example: " + err)
    code, out, err = ctl("profiles", "--check", "my-probe", "--json",
                         "--profiles", d)
    x = json.loads(out)
    tap.ok(code == 1 and x["wrong"] == 1 and not x["profiles"][0]["ok"] and
           "temperature" in x["profiles"][0]["wrong"][0],
           "the same for programs")
    with open(path, "w") as f:
        f.write(probe().replace("int16, scale", "int61, scale"))
    code, out, err = ctl("profiles", "--check", "my-probe", "--profiles", d)
    tap.ok(code == 1 and re.search(
        r"my-probe\.yaml:\d+:\d+: .*int61", err), "a mistake: " + err)
    code, out, err = ctl("profiles", "my-probe", "--profiles", d)
    tap.ok(code == 1 and not out and "int61" in err,
           "what is wrong is not explained")
    code, out, err = ctl("profiles", "--profiles", d)
    row = [x for x in out.splitlines() if x.startswith("my-probe ")]
    tap.ok(code == 0 and row and "wrong" in row[0] and "--check" in err,
           "and the list says so")
    code, out, err = ctl("profiles", "--check", "my-prob", "--profiles", d)
    tap.ok(code == 1 and "nearest: my-probe" in err, "check of an unknown")


def the_library(tap):
    code, out, err = profiles("--check", "--json")
    for x in json.loads(out)["profiles"]:
        if x["file"].startswith(harness.PROFILES):
            tap.ok(x["ok"] and x["examples"] > 0, "%s: right, and has an "
                   "example %s" % (x["profile"], "; ".join(x["wrong"])))


def pasted(tap, d):
    """What it prints for a site file is one, thirty lines at a time."""
    lines = []
    code, out, err = profiles("--json")
    for x in json.loads(out)["profiles"]:
        if not x["file"].startswith(harness.PROFILES):
            continue
        code, out, err = profiles(x["profile"])
        after = out.split("\nIn a site file\n  lines:\n", 1)[-1]
        name = str(len(lines) + 1)
        lines.append(after.split("\n\n", 1)[0].rstrip().replace(
            "line-1", "line-" + name).replace("ttyUSB0", "ttyUSB" + name)
            .replace("192.0.2.50", "192.0.2." + name) + "\n")
    for i in range(0, len(lines), 30):
        some = lines[i:i + 30]
        with open(d + "/site.yaml", "w") as f:
            f.write("gateway: {id: x, timezone: Asia/Shanghai}\nlines:\n" +
                    "".join(some))
        code, out, err = ctl("check", d + "/site.yaml", "--profiles",
                             harness.PROFILES)
        tap.ok(code == 0 and not err and "%d device" % len(some) in out,
               "can be pasted, from %d: %s%s" % (i + 1, out, err))


def main():
    tap = harness.Tap()
    with harness.tempdir() as d:
        with open(d + "/my-probe.yaml", "w") as f:
            f.write(probe())
        the_list(tap)
        explained(tap, d)
        for_programs(tap, d)
        put_to_the_test(tap, d)
        the_library(tap)
        pasted(tap, d)
    tap.finish()


if __name__ == "__main__":
    main()
