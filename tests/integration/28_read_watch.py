#!/usr/bin/python3
"""gatewayctl read, write by hand and watch: at a serial line and over TCP,
directly and through the running gateway."""
# timeout: 180
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import harness  # noqa: E402

RIG = """\
profile: rig
maker: nobody
model: one of everything
source: this test
limits: {registers_per_read: 6}
never: [{holding: 60, count: 2, why: they wipe it}]
points:
  cold:     {holding: 0, type: int16, scale: 0.1, unit: Cel}
  real:     {holding: 1, type: float32, order: CDAB, unit: m}
  state:    {holding: 3, type: uint16, kind: state, enum: {0: closed, 1: open}}
  low:      {holding: 5, type: uint16, range: [0, 10]}
  whole:    {holding: 6, type: uint16, kind: part}
  half:     {holding: 7, type: uint16, scale: 0.1, kind: part}
  total:    {formula: whole + half, unit: m3, kind: counter}
  label:    {holding: 10, type: string, length: 4}
  wide:     {input: 0, type: uint32}
  set:      {holding: 20, type: uint16, kind: setting, range: [0, 500]}
  mode:     {holding: 21, type: uint16, kind: setting, enum: {0: hand, 1: auto}}
  real_set: {holding: 22, type: float32, order: CDAB, kind: setting}
  button:   {holding: 40, type: uint16, kind: setting, write_only: true}
  relay:    {coil: 0, kind: output, max_on: 1h}
  stop:     {coil: 1, kind: output, safe: true, max_on: 1h}
"""
SITE = """\
gateway: {id: rig, timezone: Asia/Shanghai, clock: {trust: system}}
store: {path: %(d)s/store.db}
lines:
  north:
    transport: rtu
    port: %(d)s/north.tty
    baud: 19200
    timeout: 300ms
    devices:
      rig: {type: rig, unit: 5, every: 500ms}
  station:
    transport: tcp
    host: 127.0.0.1:%(port)d
    devices:
      rig: {type: rig, unit: 1, every: 500ms}
"""
# 18.21f is 4191AE14.
WORDS = ["0xFF9B", "0xAE14 0x4191", "1", "0", "99", "12", "5", None, None,
         "0x5455 0x462D 0x324D 0x0000"]


def fill(farm, device):
    at = 0
    for w in WORDS:
        if w:
            farm.do("REGISTER %s holding %d = %s" % (device, at, w))
        at += len(w.split()) if w else 1
    farm.do("REGISTER %s input 0 = 1 0xE240" % device)


class Ctl:
    def __init__(self, d, run_dir):
        self.d, self.run_dir = d, run_dir

    def __call__(self, *args, **kwargs):
        r = subprocess.run(
            [harness.BUILD + "/gatewayctl", "--run-dir", self.run_dir] +
            list(args), capture_output=True, text=True, timeout=30, **kwargs)
        return r.returncode, r.stdout, r.stderr

    def typed(self, *args):
        code, out, err = self(*args, "--json", "--profiles", self.d)
        if code != 0:
            return code, {}, err
        return code, {p["point"]: p for p in json.loads(out)["points"]}, err


def by_type(tap, ctl, where, *args):
    code, p, err = ctl.typed("read", *args)
    if not tap.ok(code == 0, where + ": read by type " + err):
        return
    tap.ok((p["cold"]["value"], p["cold"]["quality"], p["cold"]["raw"]) ==
           (-10.1, "good", [0xFF9B]) and
           abs(p["real"]["value"] - 18.21) < 1e-5 and
           p["label"]["value"] == "TUF-2M" and p["wide"]["value"] == 123456,
           where + ": numbers and a text")
    tap.ok((p["state"]["value"], p["state"]["name"]) == (1, "open"),
           where + ": a word for a number")
    tap.ok((p["low"]["value"], p["low"]["quality"], p["low"]["reason"]) ==
           (None, "bad", "range"), where + ": out of range is bad")
    tap.ok(p["total"]["value"] == 12.5 and "whole" not in p,
           where + ": a formula, and no parts")
    tap.ok((p["button"]["value"], p["button"]["reason"]) ==
           (None, "cannot be read"), where + ": what has no way to be read")


def raw(tap, ctl, where, *args):
    code, out, err = ctl("read", *args, "holding", "0", "4", "--json")
    if not tap.ok(code == 0, where + ": read raw " + err):
        return
    x = json.loads(out)
    tap.ok(x["words"] == [0xFF9B, 0xAE14, 0x4191, 1] and x["addr"] == 0 and
           x["table"] == "holding" and x["took_ms"] > 0, where + ": the words")
    likely = {m["yaml"]: m["value"] for m in x["meanings"] if m["likely"]}
    tap.ok(likely.get("holding_0: {holding: 0, type: int16}") == -101 and
           abs(likely.get("holding_1: {holding: 1, type: float32, order: "
                          "CDAB}", 0) - 18.21) < 1e-5,
           where + ": what is likely, with its line")
    kinds = {(m["type"], m["order"]) for m in x["meanings"]}
    tap.ok(kinds >= {(t, o) for t in ("uint32", "int32", "float32", "bcd32")
                     for o in ("ABCD", "CDAB", "BADC", "DCBA")} and
           kinds >= {(t, o) for t in ("uint64", "int64", "float64")
                     for o in ("ABCDEFGH", "GHEFCDAB", "BADCFEHG",
                               "HGFEDCBA")} and ("uint16", "BA") in kinds,
           where + ": every meaning")


def for_people(tap, ctl, at):
    code, out, err = ctl("read", *at, "holding", "0", "4")
    tap.ok(code == 0 and "*18.21" in out and "*-101" in out and
           "1111 1111 1001 1011" in out and
           "holding_1: {holding: 1, type: float32, order: CDAB}   # 18.21"
           in out, "raw, for people")
    code, out, err = ctl("read", *at, "holding", "10", "4")
    tap.ok("type: string, length: 3}   # TUF-2M" in out, "a text")
    code, out, err = ctl("read", *at, "holding", "10", "4", "--all")
    tap.ok(len(out.splitlines()) > 60, "--all: every line to paste")
    code, out, err = ctl("read", *at, "coil", "0")
    tap.ok(code == 0 and "off" in out and "{coil: 0}" in out, "a coil")
    code, out, err = ctl("read", *at, "--type", "rig", "--profiles", ctl.d)
    rows = {x.split()[0]: x.split() for x in out.splitlines()[1:] if x}
    tap.ok(code == 0 and rows["cold"] ==
           ["cold", "-10.1", "Cel", "FF9B", "good"] and
           rows["low"][1:] == ["-", "0063", "bad", "range"] and
           "open (1)" in out and rows["real"][1] == "18.21" and
           rows["button"][-3:] == ["cannot", "be", "read"],
           "by type, for people")


def refused(tap, ctl, farm, at):
    code, out, err = ctl("read", *at, "holding", "900", "2")
    tap.ok(code == 1 and not out and "exception 2" in err,
           "the device refuses: 1 " + err)
    farm.do("HOLE north/rig holding 5")
    code, p, err = ctl.typed("read", *at, "--type", "rig")
    tap.ok(code == 0 and p["cold"]["quality"] == "good" and
           (p["low"]["reason"], p["low"]["exception"]) == ("exception", 2),
           "refused together, read apart")
    farm.do("RELEASE north/rig")
    fill(farm, "north/rig")
    farm.do("DEVICE north/rig SILENT")
    for args in (("holding", "0"), ("--type", "rig", "--profiles", ctl.d)):
        code, out, err = ctl("read", *at, "--timeout", "200ms", *args)
        tap.ok(code == 4 and not out and "no answer" in err,
               "no answer: 4 " + err)
    code, out, err = ctl("write", *at, "--timeout", "200ms", "--yes",
                         "holding", "20", "1")
    tap.ok(code == 4, "nor to a write: 4")
    farm.do("DEVICE north/rig NORMAL")
    for args, word in (
            (("holding", "40003"), "holding 2"),
            (("holding", "70000"), "0 to 65535"),
            (("holding", "0", "126"), "1 to 125"),
            (("holdin", "0"), "holding 0 4"), ((), "--type"),
            (("--unit", "256", "holding", "0"), "0 to 255"),
            (("--unit", "0", "holding", "0"), "1 to 247"),
            (("--yaml",), "--yaml")):
        code, out, err = ctl("read", *at, *args)
        tap.ok(code == 2 and word in err and not out,
               "read %s: 2, %s" % (" ".join(args), word))
    code, out, err = ctl("read", "holding", "0")
    tap.ok(code == 2 and err, "read of nothing: 2")
    code, out, err = ctl("read", *at, "--type", "rik", "--profiles", ctl.d)
    tap.ok(code == 1 and "rik" in err and not out, "no such type: 1")
    code, out, err = ctl("read", *at, "--type", "tuf-2000m-total")
    tap.ok(code == 1 and "is a plugin" in err and "`gatewayctl points" in err,
           "a plugin's type: 1 " + err)
    nowhere = ["--port", ctl.d + "/none", "--unit", "1"]
    for args in (["read", "holding", "0"],
                 ["read", "--type", "rig", "--profiles", ctl.d],
                 ["write", "--yes", "holding", "0", "1"]):
        code, out, err = ctl(*args, *nowhere)
        tap.ok(code == 1 and "is not there" in err, "no port: 1 " + err)
    code, out, err = ctl("read", "--host", "127.0.0.1:1", "--unit", "1",
                         "holding", "0")
    tap.ok(code == 4 and err, "nobody at the host: 4 " + err)


def written(tap, ctl, farm, device, at):
    get = lambda a, n=1: [int(x, 0) for x in farm.do(  # noqa: E731
        "GET %s holding %d %d" % (device, a, n)).split()]
    code, out, err = ctl("write", *at, "holding", "20", "7", "--dry-run")
    tap.ok(code == 0 and "frame" in out and " 06 00 14 00 07" in out and
           get(20) != [7], device + ": --dry-run shows the frame")
    code, out, err = ctl("write", *at, "holding", "20", "7",
                         stdin=subprocess.DEVNULL)
    tap.ok(code == 1 and "--yes" in err and get(20) != [7],
           device + ": nobody to ask: not written")
    code, out, err = ctl("write", *at, "holding", "20", "7", "--yes")
    tap.ok(code == 0 and get(20) == [7] and
           re.search(r"now +0x0007 = 7", out), device + ": written " + err)
    code, out, err = ctl("write", *at, "holding", "0x14", "0x102", "--yes",
                         "--json")
    x = json.loads(out)
    tap.ok((x["before"], x["after"], x["result"]) == ([7], [0x102], "done")
           and get(20) == [0x102], device + ": both shown")
    code, out, err = ctl("write", *at, "holding", "22", "18.21", "--as",
                         "float32", "--order", "CDAB", "--yes")
    tap.ok(code == 0 and get(22, 2) == [0xAE14, 0x4191],
           device + ": as a float, in its order")
    code, out, err = ctl("write", *at, "holding", "20", "3", "--function",
                         "16", "--dry-run", "--json")
    tap.ok(code == 0 and " 10 00 14 00 01 02 00 03" in
           json.loads(out)["frame"], device + ": by function 16")


def not_written(tap, ctl, at, line):
    for args, word in (
            (("coil", "0", "on"), " on --for 10min"),
            (("input", "0", "1"), "read only"),
            (("holding", "20", "70000"), "65535"),
            (("holding", "20", "1.5"), "step")):
        code, out, err = ctl("write", *at, *args, "--yes")
        tap.ok(code == 1 and (word in err or word == "step" and err) and
               not out, "write %s: 1, %s" % (" ".join(args), err))
    for args, word in ((("coil", "0", "off"), "output relay"),
                       (("holding", "61", "1"), "they wipe it")):
        code, out, err = ctl("write", *(line or at + ["--type", "rig",
                             "--profiles", ctl.d]), *args, "--yes")
        tap.ok(code == 1 and word in err, "write %s: 1, %s" %
               (" ".join(args), err))
    for args in (("holding", "20"), ("holding", "20", "x"),
                 ("holding", "20", "1", "--as", "int61"),
                 ("holding", "20", "1", "--order", "CDAB"),
                 ("holding", "20", "1", "--function", "3")):
        code, out, err = ctl("write", *at, *args)
        tap.ok(code == 2 and err and not out, "write %s: 2" % " ".join(args))


def settings_without(tap, ctl, farm, site):
    """Of the site, while no gateway runs."""
    at = ["--site", site, "--profiles", ctl.d]
    code, out, err = ctl("write", "north/rig/mode", "auto", *at)
    tap.ok(code == 0 and farm.do("GET north/rig holding 21 1").split() in
           (["1"], ["0x0001"]), "a setting by its word " + err)
    code, out, err = ctl("write", "north/rig/set", "501", *at)
    tap.ok(code == 1 and "500" in err, "out of its range: 1 " + err)
    code, out, err = ctl("write", "north/rig/nothing", "1", *at)
    tap.ok(code == 1 and err, "no such point: 1")
    code, out, err = ctl("write", "north/rig/relay", "on", "--for", "1min",
                         *at)
    tap.ok(code == 3 and "closes it again" in err and
           farm.coils("north/rig") == [0, 1], "no output without a gateway: 3")
    code, out, err = ctl("write", "north/rig/stop", "off", *at)
    tap.ok(code == 3 and "closes it again" in err and
           farm.coils("north/rig") == [0, 1],
           "nor one that is off when it is open: 3")


def in_terminal(*args):
    """Its output on a terminal of 10 lines."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 10, 80, 0, 0))
    p = harness.spawn([harness.BUILD + "/gatewayctl"] + list(args),
                      stdout=slave, stderr=slave)
    os.close(slave)
    out = b""
    while True:
        try:
            got = os.read(master, 4096)
        except OSError:
            got = b""
        if not got:
            break
        out += got
    os.close(master)
    return p.wait(), out.decode()


def fits(tap, run_dir):
    """Tables on a terminal of 80 columns; whole where there is none."""
    for cmd in ("status", "profiles", "plugins"):
        code, out = in_terminal(cmd, "--run-dir", run_dir)
        lines = out.replace("\r", "").splitlines()
        tap.ok(code == 0 and len(lines) > 3 and max(map(len, lines)) <= 80,
               cmd + ": 80 columns: " + max(lines, key=len))
        tap.ok(cmd == "status" or "..." in out, cmd + ": long texts are cut")
        r = subprocess.run([harness.BUILD + "/gatewayctl", cmd, "--run-dir",
                            run_dir], capture_output=True, text=True)
        head = {"status": "RESTARTS", "profiles": "STATUS",
                "plugins": "FILE"}[cmd]
        tap.ok(head in r.stdout and head not in out,
               cmd + ": piped it is whole")


def watched(tap, ctl, gateway, farm):
    code, out, err = ctl("watch", "--times", "1", "--json")
    rows = [json.loads(x) for x in out.splitlines()]
    tap.ok(code == 0 and {"north/rig/cold", "station/rig/total"} <=
           {x["point"] for x in rows}, "watch: all points")
    first = [x for x in rows if x["point"] == "north/rig/cold"][0]
    tap.ok((first["value"], first["unit"], first["quality"]) ==
           (-10.1, "Cel", "good") and first["ts"] > 1e12, "watch: a reading")
    code, out, err = ctl("watch", "north", "station/rig/cold", "--times",
                         "1", "--json")
    points = {json.loads(x)["point"] for x in out.splitlines()}
    tap.ok("station/rig/cold" in points and "station/rig/real" not in points
           and "north/rig/real" in points, "watch: of a line, and one")
    farm.do("REGISTER north/rig holding 0 = 1")
    code, out, err = ctl("watch", "north/rig/cold", "--every", "200ms",
                         "--times", "12")
    tap.ok(code == 0 and 3 <= len(out.splitlines()) < 12 and
           all("north/rig/cold" in x for x in out.splitlines()) and
           "0.1  Cel" in out,
           "watch: a line for each new reading only " + out)
    code, out, err = ctl("watch", "north/rik", "--times", "1")
    tap.ok(code == 1 and "north/rik" in err, "watch of nothing: 1")
    code, out = in_terminal("watch", "north", "--times", "3", "--every",
                            "300ms", "--run-dir", gateway.run_dir)
    tap.ok(code == 0 and out.count("\033[9A\033[J") == 2 and
           out.count("POINT") == 3 and "more" in out,
           "watch: drawn over itself on a terminal")
    tap.ok(re.search("\033\\[31mnorth/rig/low .*bad", out) is not None,
           "watch: what is bad is red")
    for bad in (("--every", "1ms"), ("--every",), ("--times", "x"), ("-x",)):
        code, out, err = ctl("watch", *bad)
        tap.ok(code == 2 and err and not out, "watch %s: 2" % (bad,))


def device_watched(tap, ctl, farm, at):
    code, out, err = ctl("watch", *at, "--type", "rig", "--profiles", ctl.d,
                         "--times", "2", "--every", "200ms", "--json")
    rows = [json.loads(x) for x in out.splitlines()]
    cold = [x for x in rows if x["point"] == "cold"]
    tap.ok(code == 0 and len(cold) == 2 and cold[0]["value"] == -10.1 and
           cold[1]["ts"] > cold[0]["ts"], "watch of a device itself " + err)
    farm.do("DEVICE north/rig SILENT")
    code, out, err = ctl("watch", *at, "--type", "rig", "--profiles", ctl.d,
                         "--timeout", "200ms")
    tap.ok(code == 4 and "no answer" in err, "that does not answer: 4")
    farm.do("DEVICE north/rig NORMAL")


def directly(tap, ctl, farm, d, port):
    north = ["--port", farm.tty("north"), "--baud", "19200", "--unit", "5"]
    station = ["--host", "127.0.0.1:%d" % port, "--unit", "1"]
    for where, at, device in (("serial", north, "north/rig"),
                              ("TCP", station, "station/rig")):
        by_type(tap, ctl, where, *at, "--type", "rig")
        raw(tap, ctl, where, *at)
        written(tap, ctl, farm, device, at)
    by_type(tap, ctl, "by the site", "north/rig", "--site", farm.site)
    for_people(tap, ctl, north)
    refused(tap, ctl, farm, north)
    not_written(tap, ctl, north, None)
    device_watched(tap, ctl, farm, north)
    code, out, err = ctl("watch", "--times", "1")
    tap.ok(code == 3 and "control.sock" in err, "watch without gateway: 3")


def through(tap, ctl, farm, gateway):
    tap.ok(harness.wait_for(lambda: gateway.points().get(
        "north/rig/cold", {}).get("quality") == "good" and gateway.points()[
            "station/rig/cold"]["quality"] == "good", 20), "it polls")
    by_type(tap, ctl, "through the gateway", "north/rig")
    by_type(tap, ctl, "a line of it", "station", "--unit", "1", "--type",
            "rig")
    raw(tap, ctl, "through the gateway", "north", "--unit", "5")
    mine = ["--profiles", ctl.d]
    code, out, err = ctl("read", "north/rig", "holding", "0", *mine)
    tap.ok(code == 0 and "through the gateway" in out,
           "registers of a device of the site")
    code, out, err = ctl("read", "north/rik", *mine)
    tap.ok(code == 1 and "nearest: north/rig" in err, "no such device: 1")
    code, out, err = ctl("read", "north", "--unit", "9", "holding", "0")
    tap.ok(code == 4 and not out, "another unit does not answer: 4")
    line = ["north", "--unit", "5"] + mine
    written(tap, ctl, farm, "north/rig", line)
    not_written(tap, ctl, line, line)
    tap.ok(gateway.points()["north/rig/cold"]["age_ms"] < 5000 and
           gateway.status()["lines"][0]["restarts"] == 0, "it polls on")
    watched(tap, ctl, gateway, farm)
    fits(tap, gateway.run_dir)


def main():
    tap = harness.Tap()
    with harness.tempdir() as d:
        port = harness.free_port()
        site = SITE % {"d": d, "port": port}
        with open(d + "/rig.yaml", "w") as f:
            f.write(RIG)
        with harness.Farm(d, site, profiles=[d]) as farm:
            for device in ("north/rig", "station/rig"):
                fill(farm, device)
            ctl = Ctl(d, d + "/none")
            directly(tap, ctl, farm, d, port)
            with harness.Gateway(d, site, profiles=[d]) as gateway:
                for device in ("north/rig", "station/rig"):
                    fill(farm, device)
                through(tap, Ctl(d, gateway.run_dir), farm, gateway)
            settings_without(tap, ctl, farm, d + "/site.yaml")
    tap.finish()


if __name__ == "__main__":
    main()
