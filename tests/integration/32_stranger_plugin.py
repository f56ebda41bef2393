#!/usr/bin/python3
"""A stranger makes a plugin: with nothing but what `make install` puts there,
and by typing what the installed README says, word for word."""
# timeout: 240
# san: no
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import harness  # noqa: E402

PREFIX = "/usr/local"


def run(args, cwd, env):
    return subprocess.run(args, text=True, capture_output=True, timeout=200,
                          cwd=cwd, env=env)


def install(d, env):
    build = os.path.relpath(harness.BUILD, harness.ROOT)
    return run(["make", "install", "BUILD=" + build, "DESTDIR=" + d,
                "PREFIX=" + PREFIX], harness.ROOT, env)


def blocks(readme, word):
    return re.findall(r"^```%s\n(.*?)^```" % word, readme, re.M | re.S)


def world(d, env):
    """PATH and pkg-config as on the machine whose root is d; sudo without its
    questions."""
    os.makedirs(d + "/bin")
    with open(d + "/bin/sudo", "w") as f:
        f.write('#!/bin/sh\nexec "$@"\n')
    os.chmod(d + "/bin/sudo", 0o755)
    root = d + "/root"
    return dict(env, PATH="%s/bin:%s%s/bin:%s" % (d, root, PREFIX,
                                                 env["PATH"]),
                PKG_CONFIG_LIBDIR=root + PREFIX + "/share/pkgconfig",
                PKG_CONFIG_SYSROOT_DIR=root, DESTDIR=root)


def type_readme(d, env, readme):
    """All its blocks in one shell, in one folder, in order."""
    desk = d + "/desk"
    os.makedirs(desk)
    script = "set -eux\numask 022\n"
    for kind, text in re.findall(r"^```(sh|yaml)\n(.*?)^```", readme,
                                 re.M | re.S):
        if kind == "yaml":
            script += "cat >site.yaml <<'END'\n%sEND\n" % text
        else:
            script += text
    return run(["bash", "-c", script], desk, env)


def breaks(tap, d, env, what, old, new, words):
    """The tool finds what a beginner gets wrong."""
    desk = d + "/desk/tank"
    for name in ("tank.c", "tank.vectors.yaml"):
        shutil.copy(desk + "/" + name, desk + "/" + name + ".sound")
    for name in ("tank.c", "tank.vectors.yaml"):
        with open(desk + "/" + name) as f:
            text = f.read()
        with open(desk + "/" + name, "w") as f:
            f.write(text.replace(old, new))
    r = run(["make", "test"], desk, env)
    tap.ok(r.returncode != 0 and words in r.stdout,
           "%s: %s" % (what, words if words in r.stdout
                       else (r.stdout + r.stderr)[-600:]))
    for name in ("tank.c", "tank.vectors.yaml"):
        os.replace(desk + "/" + name + ".sound", desk + "/" + name)
        os.utime(desk + "/" + name)


def main():
    tap = harness.Tap()
    env = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")
           and k not in ("CFLAGS", "BUILD", "DESTDIR", "PREFIX")}
    with harness.tempdir() as d:
        root = d + "/root"
        r = install(root, env)
        tap.ok(r.returncode == 0, "make install " + r.stderr[-300:])
        making = root + PREFIX + "/share/gatewayd/plugin"
        with open(making + "/README.md") as f:
            readme = f.read()
        tap.ok(len(blocks(readme, "sh")) >= 3 and blocks(readme, "yaml"),
               "the README has commands to type, and a site")
        env = world(d, env)
        r = type_readme(d, env, readme)
        tap.ok(r.returncode == 0, "all its commands work"
               + ("" if r.returncode == 0 else
                  ":\n" + (r.stdout + r.stderr)[-1500:]))
        for words in ("vectors  ok  5 examples", "calls    ok  1000000",
                      "Tank with a level sensor"):
            tap.ok(words in r.stdout, "said: " + words)
        so = root + PREFIX + "/lib/gatewayd/plugins/tank.so"
        tap.ok(os.path.exists(so), "tank.so is installed")
        text = subprocess.run(["strings", so], text=True,
                              capture_output=True).stdout
        tap.ok(harness.ROOT not in text, "it knows nothing of our folder")

        breaks(tap, d, env, "a wrong value", "{level: 1.5,", "{level: 1.6,",
               "level is good 1.5, the example says 1.6")
        breaks(tap, d, env, "a wrong checksum", "01 04 00 00 00 01 31 CA",
               "01 04 00 00 00 01 00 00",
               "the checksum of the request is 00 00, its bytes make 31 CA")
        breaks(tap, d, env, "a variable", "static int\nplan(",
               "static int calls;\nint n(void);\nint n(void) "
               "{ return ++calls; }\nstatic int\nplan(",
               "it has a variable of its own: calls")
        breaks(tap, d, env, "a call into the C library",
               '#include "gateway_device.h"',
               '#include <stdio.h>\n#include "gateway_device.h"\n'
               '__attribute__((destructor)) static void bye(void) '
               '{ puts("x"); }', "it calls puts")
        breaks(tap, d, env, "a division by zero",
               "if (count != 1 || cap < 1)",
               "if (count != 1 || cap < 7 / words[0])",
               "it crashed (Floating point exception)")
        breaks(tap, d, env, "a loop", "if (count != 1 || cap < 1)",
               "for (volatile int i = words[0]; i == 65535; i = 65535) {}\n"
               "if (count != 1 || cap < 1)", "it may loop")
        breaks(tap, d, env, "words that are not there", "out[0].point = LEVEL;",
               "out[0].point = LEVEL;\nout[0].reserved = words[5];",
               "it crashed (Segmentation fault)")
    tap.finish()


main()
