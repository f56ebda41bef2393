#!/usr/bin/python3
"""`make install` below a DESTDIR: everything a gateway needs is there, finds its
parts by itself, and knows nothing of the folder it was built in."""
# timeout: 180
# san: no
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import harness  # noqa: E402

SITE = """gateway: {id: installed}
store: {path: /tmp/never.db}
lines:
  north:
    transport: rtu
    port: /dev/ttyUSB0
    devices: {soil-a1: {type: cwt-soil-thc-s, unit: 1, every: 5min}}
"""


def run(*args, **kwargs):
    return subprocess.run(args, text=True, capture_output=True, timeout=150,
                          cwd=harness.ROOT, **kwargs)


def files(top):
    return {os.path.relpath(os.path.join(d, f), top)
            for d, _, names in os.walk(top) for f in names}


def main():
    tap = harness.Tap()
    build = os.path.relpath(harness.BUILD, harness.ROOT)
    env = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    with harness.tempdir() as d:
        dest = d + "/dest"
        r = run("make", "install", "BUILD=" + build, "DESTDIR=" + dest,
                "PREFIX=/usr", env=env)
        tap.ok(r.returncode == 0, "make install" + r.stderr[-300:])
        there = files(dest)
        for f in ("usr/bin/gatewayd", "usr/bin/gatewayctl",
                  "usr/libexec/gatewayd/gatewayd-line",
                  "usr/libexec/gatewayd/gatewayd-uplink",
                  "usr/share/gatewayd/profiles/cwt-soil-thc-s.yaml",
                  "usr/include/gatewayd/gateway_device.h",
                  "usr/lib/systemd/system/gatewayd.service",
                  "usr/share/man/man1/gatewayctl.1",
                  "usr/share/man/man8/gatewayd.8"):
            tap.ok(f in there, f + " is installed")
        tap.ok(any(f.startswith("usr/lib/gatewayd/plugins/") for f in there),
               "a plugin is installed")
        tap.ok(any(f.startswith("usr/lib/sysusers.d/") for f in there),
               "the user is")
        unit = dest + "/usr/lib/systemd/system/gatewayd.service"
        text = open(unit).read() if os.path.exists(unit) else "@"
        tap.ok("@" not in re.sub(r"(?m)^(#|SystemCall).*$", "", text) and
               "/usr/bin/gatewayd" in text,
               "the unit names the installed program")
        with open(d + "/site.yaml", "w") as f:
            f.write(SITE)
        ctl = dest + "/usr/bin/gatewayctl"
        r = run(ctl, "check", d + "/site.yaml")
        tap.ok(r.returncode == 0, "the installed gatewayctl finds the "
               "installed profiles " + r.stderr[-300:])
        r = run(dest + "/usr/bin/gatewayd", "--version")
        tap.ok(r.returncode == 0 and r.stdout.split()[1] ==
               run(ctl, "version").stdout.split()[1],
               "gatewayd and gatewayctl are of one version")
    tap.finish()


main()
