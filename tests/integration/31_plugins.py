#!/usr/bin/python3
"""gatewayctl plugins: lists, explains and tests. Each plugin shipped passes its
test; each of those made to misbehave fails it, in words that say why; a file
that is cut short, foreign or writable by others is refused before it is loaded
(field case C50)."""
# timeout: 120
# san: no
import glob
import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import harness  # noqa: E402

BAD = harness.BUILD + "/tests/bad"
GOOD = harness.BUILD + "/tests/good"
CTL = harness.BUILD + "/gatewayctl"

# What the test says of each; those that are not here it may say nothing of.
SAID = {
    "badname": "it calls itself `goodname`, its file is badname.so",
    "badop": "plan of cycle",
    "badpoint": "sample 1 is of point 2; there are 2",
    "badtext": "no text",
    "badunit": "second: `\u00b0C` is no unit of UCUM or RFC 8428; write Cel",
    "ctor": "it runs code of its own when it is loaded",
    "encoder": "call",
    "nan": "NaN",
    "nosymbol": "it exports no gw_device_type",
    "overfill": "it says it filled 257 of 256",
    "overstate": "it writes beyond its state",
    "printer": "gw_device_type alone",
    "segv": "it crashed (Segmentation fault)",
    "spin": "it did not return within 2 s; it may loop",
    "stuck": "it did not return within 2 s; it may loop",
    "wrongabi": "interface version 2.0, this gateway has 1.2",
    "wrongsize": "and says it has",
}


def ctl(*args):
    return subprocess.run([CTL, "plugins"] + list(args), text=True,
                          capture_output=True, timeout=60)


def shipped(tap):
    paths = sorted(glob.glob(harness.PLUGINS + "/*.so"))
    tap.ok(len(paths) >= 5, "%d plugins are shipped" % len(paths))
    listed = json.loads(ctl("--json").stdout)["plugins"]
    by_name = {p["plugin"]: p for p in listed}
    for path in paths:
        name = os.path.basename(path)[:-3]
        p = by_name.get(name, {})
        tap.ok(p.get("status") == "ok" and p.get("summary"),
               "%s is listed: %s" % (name, p.get("summary")))
        r = ctl(name)
        tap.ok(r.returncode == 0 and "Points" in r.stdout and
               "type: " + name in r.stdout, name + " is explained")
        r = ctl("test", path, "--vectors", "%s/plugins/%s.vectors.yaml" % (
            harness.ROOT, name), "--calls", "200000", "--seed", "42")
        tap.ok(r.returncode == 0 and r.stdout.count(" ok ") == 6 and
               "NO" not in r.stdout,
               name + " passes its test" + ("" if r.returncode == 0 else
                                            ":\n" + r.stdout + r.stderr))


def misbehaving(tap):
    for name, words in sorted(SAID.items()):
        r = ctl("test", "%s/%s.so" % (BAD, name), "--calls", "20000")
        tap.ok(r.returncode == 1 and words in r.stdout,
               "%s: %s" % (name, words if words in r.stdout
                           else r.stdout + r.stderr))
    r = ctl("test", BAD + "/segv.so", "--calls", "20000", "--seed", "5")
    again = ctl("test", BAD + "/segv.so", "--calls", "20000", "--seed", "5")
    tap.ok("of seed 5, decode" in r.stdout and r.stdout == again.stdout,
           "a seed makes the same calls again")


def files(tap):
    with harness.tempdir() as d:
        os.chmod(d, 0o755)
        so = d + "/tuf-2000m-total.so"
        whole = open(harness.PLUGINS + "/tuf-2000m-total.so", "rb").read()
        for what, content, mode, words in (
                ("cut to 2000 bytes", whole[:2000], 0o644,
                 "no whole shared object"),
                ("empty", b"", 0o644, "no whole shared object"),
                ("a text", b"#!/bin/sh\nexit 0\n" * 500, 0o644,
                 "no whole shared object"),
                ("writable by all", whole, 0o666,
                 "may be written by everybody; chmod o-w it")):
            with open(so, "wb") as f:
                f.write(content)
            os.chmod(so, mode)
            r = ctl("test", so)
            tap.ok(r.returncode == 1 and words in r.stdout,
                   "%s: %s" % (what, words))
            r = ctl("--plugins", d)
            tap.ok(r.returncode == 1 and so in r.stderr and
                   words in r.stderr and "refused" in r.stdout,
                   what + ": refused by name in the list")
            r = ctl("--plugins", d, "tuf-2000m-total")
            tap.ok(r.returncode == 1 and words in r.stderr,
                   what + ": not explained")
        r = ctl("test", d + "/none.so")
        tap.ok(r.returncode == 1 and "No such file" in r.stdout,
               "no file: " + r.stdout.strip())


def vectors(tap):
    """What is wrong with examples is said with its place."""
    head = "plugin: old-meter\nexamples:\n  - from: x\n"
    with harness.tempdir() as d:
        shutil.copy(GOOD + "/old-meter.so", d)
        for what, text, words in (
                ("no frame", "    frames: []\n",
                 'add "01 03 00 00 00 01 84 0A > ANSWER"'),
                ("an answer to something else",
                 '    frames: ["01 03 00 00 00 01 84 0A > '
                 '01 03 04 00 00 00 00 FA 33"]\n', "4:14: that is no answer"),
                ("another value",
                 '    frames: ["01 03 00 00 00 01 84 0A > '
                 '01 03 02 00 05 78 47"]\n    readings: {count: 6}\n',
                 "5:23: count is good 5, the example says 6"),
                ("no such point", '    frames: ["01 03 00 00 00 01 84 0A >"]\n'
                 "    readings: {coumt: 6}\n", "no point `coumt`"),
                ("no such key", "    frmes: []\n", "frmes"),
                ("no hex", "    frames: [hello]\n", "the request is no frame"),
                ("no such setting", "    settings: {a: 1}\n",
                 "old-meter has no setting `a`"),
                ("nothing to go on with", "    continue: yes\n",
                 "no example before"),
                ("a command of a plugin that has none",
                 "    command: {count: 1}\n", "does not write it")):
            with open(d + "/old-meter.vectors.yaml", "w") as f:
                f.write(head + text)
            r = ctl("test", d + "/old-meter.so", "--calls", "100")
            tap.ok(r.returncode == 1 and words in r.stdout,
                   "%s: %s" % (what, words if words in r.stdout
                               else r.stdout + r.stderr))
        with open(d + "/old-meter.vectors.yaml", "w") as f:
            f.write(head + '    frames: ["01 03 00 00 00 01 84 0A > '
                    '01 03 02 00 05 78 47"]\n    readings: {count: 5}\n')
        r = ctl("test", d + "/old-meter.so", "--calls", "100")
        tap.ok(r.returncode == 0 and "old-meter 1.0," in r.stdout,
               "a plugin of version 1.0 passes " + r.stderr)


READ_TWO = '["01 03 00 00 00 02 C4 0B > 01 03 04 00 01 00 02 2A 32"]'


def prints(tap):
    """What a plugin prints does not bury what is said of it."""
    r = ctl("test", BAD + "/printer.so", "--calls", "20000")
    tap.ok(r.returncode == 1 and "decode:" not in r.stdout + r.stderr and
           len(r.stdout.splitlines()) == 7 and
           "20000 random calls of seed 1" in r.stdout,
           "what a plugin prints goes nowhere" +
           ("" if len(r.stdout) < 2000 else ": %d bytes" % len(r.stdout)))


def crashes(tap):
    """Which example it was, and in which function."""
    with harness.tempdir() as d:
        for name, what in (("segv", "it crashed (Segmentation fault)"),
                           ("spin", "it did not return within 2 s")):
            shutil.copy("%s/%s.so" % (BAD, name), d)
            with open("%s/%s.vectors.yaml" % (d, name), "w") as f:
                f.write("plugin: %s\nexamples:\n"
                        "  - from: table 3\n    frames: "
                        '["01 03 00 00 00 02 C4 0B >"]\n'
                        "  - from: the manual, page 9\n    frames: %s\n"
                        % (name, READ_TWO))
            r = ctl("test", "%s/%s.so" % (d, name), "--calls", "100")
            said = [x for x in r.stdout.splitlines() if "vectors" in x and
                    " NO " in x]
            words = ("%s.vectors.yaml:5:" % name,
                     "example 2 (from the manual, page 9), decode of span 0 ",
                     "with 2 words 0001 0002: " + what)
            tap.ok(len(said) == 1 and all(w in said[0] for w in words),
                   "%s: %s" % (name, said or r.stdout + r.stderr))


def usage(tap):
    for args, code in ((("test",), 2), (("a", "b"), 2), (("--what",), 2),
                       (("nothing-such",), 1)):
        r = ctl(*args)
        tap.ok(r.returncode == code and r.stderr,
               "plugins %s: %s" % (" ".join(args), r.stderr.split("\n")[0]))


def main():
    tap = harness.Tap()
    os.environ.pop("GATEWAYD_RUN_DIR", None)
    shipped(tap)
    misbehaving(tap)
    files(tap)
    vectors(tap)
    prints(tap)
    crashes(tap)
    usage(tap)
    tap.finish()


main()
