#!/usr/bin/python3
"""gatewayctl against a gateway that a test plays: what it asks, how it shows
the answer, and what it says when the answer is none."""
# timeout: 60
import json
import os
import socket
import struct
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import harness  # noqa: E402

ASK, TEXT, WISH = 13, 14, 18  # wire/msg.h

STATUS = {
    "gateway": "kulun-ljz-07", "name": "六家子镇七号泵房", "version": "9.9",
    "build": "b" * 32, "config": "/etc/x.yaml", "pid": 4711,
    "uptime_s": 12000, "ts": 1777816800000,
    "clock": {"state": "holding", "text": "not synchronised yet"},
    "store": {"path": "/var/x.db", "state": "full", "seq": 812345,
              "pending": 12, "dropped": 3},
    "lines": [{"name": "north", "transport": "rtu", "port": "/dev/ttyUSB0",
               "state": "open", "text": "", "pid": 4712, "restarts": 2,
               "requests": 99, "use_per_mille": 431, "overruns": 17,
               "devices_all": 1, "devices_online": 0, "devices_lost": 1,
               "devices": [{"name": "north/墒情-1", "type": "cwt", "unit": 1,
                            "state": "lost", "trouble": True,
                            "requests": 50, "answers": 40,
                            "timeouts": 10, "noise": 0, "exceptions": 3,
                            "codes": {"2": 3}, "crc": 0, "late": 0,
                            "answer_bars": [0, 0, 40] + [0] * 7,
                            "median_ms": 20, "p95_ms": 20,
                            "deadline_ms": 317, "line_ms": 12345,
                            "last_ok_age_ms": 65000,
                            "text": "no answer 3 times"}]}],
    "uplinks": [{"name": "county", "broker": "b.example:8883",
                 "state": "offline", "text": "connection refused",
                 "pid": 4713, "restarts": 0, "in_flight": 0,
                 "acked_messages": 5, "acked_seq": 77, "backlog": 1234}],
}
POINTS = {"ts": 1777816800000, "points": [
    {"point": "north/soil-a1/moisture", "unit": "%", "kind": "gauge",
     "value": 23.1, "quality": "good", "reason": "", "ts": 1777816799000,
     "age_ms": 1000},
    {"point": "north/soil-a1/ph", "unit": "", "kind": "gauge", "value": None,
     "quality": "bad", "reason": "timeout", "ts": 1777816799000,
     "age_ms": 61000},
    {"point": "station/meter-1/total", "unit": "m3", "kind": "counter",
     "value": 18446744073709551615, "quality": "good", "reason": "",
     "ts": 1777816799000, "age_ms": 500},
]}


def piece(text, last):
    data = text.encode()
    return struct.pack("<HBH", TEXT, last, len(data)) + data


class Core:
    """Plays the gateway's control socket: `frames` answer each question."""

    def __init__(self, run_dir):
        os.makedirs(run_dir, exist_ok=True)
        self.s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.s.bind(run_dir + "/control.sock")
        self.s.listen(8)
        self.frames, self.asked = [], []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            c, _ = self.s.accept()
            self.asked.append(c.recv(20000))
            if self.frames is None:
                self.silent = c         # never answers
                continue
            try:
                for f in self.frames:
                    c.send(f)
            except OSError:
                pass                    # it has heard enough
            c.close()

    def says(self, document, size=8000):
        text = document if isinstance(document, str) else \
            json.dumps(document, ensure_ascii=False)
        cut = [text[i:i + size] for i in range(0, len(text), size)] or [""]
        self.frames = [piece(x, i == len(cut) - 1) for i, x in enumerate(cut)]


def ctl(d, *args, env=None):
    r = subprocess.run([harness.BUILD + "/gatewayctl"] + list(args),
                       capture_output=True, text=True, timeout=20,
                       env=dict(os.environ, GATEWAYD_RUN_DIR=d + "/run",
                                TZ="UTC", **(env or {})))
    return r.returncode, r.stdout, r.stderr


def usage(tap, d):
    code, out, err = ctl(d)
    tap.ok(code == 2 and "usage" in err and not out, "no command: usage, 2")
    code, out, err = ctl(d, "statsu")
    tap.ok(code == 2 and "did you mean status?" in err,
           "a mistyped command is put right")
    for name in ("export", "water", "zones"):
        code, out, err = ctl(d, name, "--json")
        tap.ok(code == 2 and err == "gatewayctl %s: not built yet\n" % name
               and not out, name + " says that it is not built yet")
    code, out, err = ctl(d, "help")
    tap.ok(code == 0 and all(x in out for x in (
        "check", "status", "points", "history", "write", "version")),
        "help lists the commands")
    code, out, err = ctl(d, "help", "history")
    tap.ok(code == 0 and "--from" in out, "help of one command")
    code, out, err = ctl(d, "version", "--json")
    version = json.loads(out)
    tap.ok(code == 0 and len(version["build"]) == 32, "version --json")
    code, out, err = ctl(d, "--version")
    tap.ok(code == 0 and version["version"] in out, "--version")
    for bad in (("status", "--yaml"), ("points", "a", "b"), ("history",),
                ("history", "a", "b"), ("history", "a", "--from", "tomorow"),
                ("history", "a", "--limit", "-1"), ("--run-dir",),
                ("status", "--run-dir")):
        code, out, err = ctl(d, *bad)
        tap.ok(code == 2 and err and not out, "%s: 2 and a word" % (bad,))


def no_gateway(tap, d):
    code, out, err = ctl(d, "status")
    tap.ok(code == 3 and d + "/run/control.sock" in err and not out,
           "no gateway: 3, and which socket was tried")
    code, out, err = ctl(d, "points", "--run-dir", "/nonexistent", "--json")
    tap.ok(code == 3 and "/nonexistent/control.sock" in err,
           "--run-dir behind the command is heeded")


def answers(tap, d, core):
    core.says(STATUS, 100)
    code, out, err = ctl(d + "/elsewhere", "--run-dir", d + "/run", "status")
    tap.ok(code == 0 and not err, "status: 0" + err)
    tap.ok(core.asked[-1] == struct.pack("<HBH", ASK, 1, 6) + b"status",
           "one frame asked for the status")
    for word in ("六家子镇七号泵房", "kulun-ljz-07", "4711", "3 h 20 min",
                 "holding", "not synchronised yet", "full", "812345",
                 "3 dropped", "/dev/ttyUSB0", "lost", "65 s", "43 %", "17",
                 "0 of 1", "20 ms", "317 ms", "3 (2: 3)",
                 "no answer 3 times", "connection refused", "1234"):
        tap.ok(word in out, "status shows " + word)
    tap.ok("NOISE" not in out and "TIMEOUTS" in out,
           "columns without trouble are left out")
    code, out, err = ctl(d, "status", "--devices")
    row = [x for x in out.splitlines() if "墒情" in x]
    tap.ok(code == 0 and len(row) == 1 and "12 s" in row[0] and
           "3 (2: 3)" in row[0], "status --devices: one row with all counts")
    code, out, err = ctl(d, "status", "--json")
    tap.ok(code == 0 and json.loads(out) == STATUS, "status --json: as it is")
    core.says(POINTS)
    code, out, err = ctl(d, "points")
    rows = [x.split() for x in out.splitlines()]
    tap.ok(rows[1] == ["north/soil-a1/moisture", "23.1", "%", "1.0", "s",
                       "good"], "a good point")
    tap.ok(rows[2] == ["north/soil-a1/ph", "-", "61", "s", "bad", "timeout"],
           "a bad point has no value and a reason")
    tap.ok("18446744073709551615" in out, "a uint64 is shown exactly")
    code, out, err = ctl(d, "points", "station/", "--json")
    tap.ok(code == 0 and json.loads(out)["points"] == POINTS["points"][2:],
           "points PREFIX --json: those, exactly")
    code, out, err = ctl(d, "points", "north/soil-a1/moistrue")
    tap.ok(code == 1 and "north/soil-a1/moisture" in err and not out,
           "no such point: 1 and the nearest")
    code, out, err = ctl(d, "points", env={"LC_ALL": "C"})
    tap.ok(code == 0 and "moisture" in out, "points in the C locale")


def write(tap, d, core):
    def wish(action, ms, subject, value):
        return struct.pack("<HBI", WISH, action, ms) + b"".join(
            struct.pack("<H", len(x)) + x
            for x in (subject.encode(), value.encode()))

    valve = "north/阀-1/relay_1"
    core.says({"result": "done", "text": ""})
    code, out, err = ctl(d, "write", valve, "on", "--for", "10min")
    tap.ok(code == 0 and out == valve +
           " is open, and closes by itself after 10min\n", "write on: " + out)
    tap.ok(core.asked[-1] == wish(0, 600000, valve, "on"),
           "one frame asked for it")
    code, out, err = ctl(d, "write", valve, "off")
    tap.ok(code == 0 and out == valve + " is off\n" and
           core.asked[-1] == wish(0, 0, valve, "off"), "write off: " + out)
    code, out, err = ctl(d, "write", "n/v/offset", "-4.5", "--json")
    tap.ok(code == 0 and json.loads(out)["result"] == "done" and
           core.asked[-1] == wish(0, 0, "n/v/offset", "-4.5"),
           "a negative number is no option; --json")
    core.says({"result": "sent", "text": "acknowledged"})
    code, out, err = ctl(d, "write", "n/v/mode", "auto")
    tap.ok(code == 0 and "no way to read it back (acknowledged)" in out,
           "sent: 0 and what that means")
    for result in ("refused", "uncertain", "of a newer kind"):
        core.says({"result": result, "text": "the line does not run"})
        code, out, err = ctl(d, "write", valve, "off")
        tap.ok(code == 1 and not out and err == "gatewayctl: %s: %s: the line "
               "does not run\n" % (valve, result), "%s: 1 and why" % result)
        code, out, err = ctl(d, "write", valve, "off", "--json")
        tap.ok(code == 1 and json.loads(out)["result"] == result and not err,
               "the same with --json")
    asked = len(core.asked)
    for bad in ((), (valve,), (valve, "on", "off"), (valve, "on", "--for"),
                (valve, "on", "--for", "0s"), (valve, "on", "--for", "10"),
                (valve, "on", "--for=9999999h"), (valve, "on", "--forever"),
                ("x" * 256, "on"), (valve, "y" * 64)):
        code, out, err = ctl(d, "write", *bad)
        tap.ok(code == 2 and err and not out, "write %s: 2 and a word" %
               " ".join(bad)[:60])
    tap.ok(len(core.asked) == asked, "none of these asked anything")
    code, out, err = ctl(d, "help", "write")
    tap.ok(code == 0 and "closes by itself" in out, "help says how it is")


def trouble(tap, d, core):
    for frames, word in ((
            [], "closed"), ([b""], ""), ([b"junk"], "not understood"),
            ([piece("{", 1)], "not JSON"), ([piece("{}", 0)], "closed"),
            ([struct.pack("<HBH", TEXT, 1, 60000) + b"{}"],
             "not understood")):
        core.frames = frames
        code, out, err = ctl(d, "status")
        tap.ok(code == 3 and word in err and not out,
               "an answer of %s: 3, %s" % (frames, err.strip()))
    core.says({"error": "there is nothing called status"})
    code, out, err = ctl(d, "status")
    tap.ok(code == 1 and "nothing called" in err, "refused: 1 and why")
    core.says({"gateway": 7, "lines": {}, "uplinks": [None, 3, {}]})
    code, out, err = ctl(d, "status")
    tap.ok(code == 0, "an answer of another shape is shown as far as it goes")
    core.frames = None
    code, out, err = ctl(d, "status")
    tap.ok(code == 3 and "no answer in 3 s" in err, "silence: 3 after 3 s")
    with open("/dev/full", "w") as full:
        code = subprocess.run([harness.BUILD + "/gatewayctl", "help"],
                              stdout=full, stderr=subprocess.DEVNULL).returncode
    tap.ok(code == 1, "what could not be printed is no success")


def main():
    tap = harness.Tap()
    with harness.tempdir() as d:
        usage(tap, d)
        no_gateway(tap, d)
        core = Core(d + "/run")
        answers(tap, d, core)
        write(tap, d, core)
        trouble(tap, d, core)
    tap.finish()


main()
