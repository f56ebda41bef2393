#!/usr/bin/python3
"""`make lint`: what a compiler does not look at.

format      clang-format has nothing to change
layers      each third-party header has one including file (jansson one a
            program); header names are unique; a folder includes what the
            Makefile's USES_ gives it
headers     every header compiles alone
plugins     a plugin shows one symbol, has no state, calls pure functions only
map         gatewayd/README.md names each file
tidy        clang-tidy has nothing to say
cppcheck    nor has cppcheck
sizes       functions of more than 60 lines, files of more than 400: said,
            not failed

    tests/lint/lint.py [--build DIR] [CHECK...]

The last line is `N passed, N failed`. A program that is not installed is said
and skipped; `make deps-dev` brings them.
"""
import argparse
import concurrent.futures
import glob
import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
INCLUDE = re.compile(r'^#include\s+([<"])([^>"]+)[>"]', re.M)

# One including file each, db.h of the store for sqlite3.h; jansson has one a
# program, and sd-event is how core and uplink are built.
THIRD_PARTY = re.compile(
    r"modbus|mosquitto|sqlite3|yaml\.h|jansson|systemd/")
ONE_A_PROGRAM = ("jansson.h", "systemd/sd-daemon.h")
SPREAD = ("systemd/sd-event.h",)

PLUGIN_MAY_CALL = re.compile(
    r"^(mem(cpy|set|move|cmp)|str(len|nlen|cmp|ncmp)|snprintf|"
    r"__(snprintf|memcpy|memset|memmove)_chk|__stack_chk_fail|"
    r"(fmod|pow|exp|log|log10|sqrt|floor|ceil|round|trunc|fabs|ldexp|"
    r"l?lround|isnan|isinf|fmin|fmax|lrint|nearbyint)[fl]?|"
    r"_ITM_.*|__gmon_start__|__cxa_finalize|__(asan|ubsan)_.*)$")


def makefile_uses():
    with open(ROOT + "/Makefile") as f:
        text = f.read()
    return {m.group(1): m.group(2).split() for m in
            re.finditer(r"^USES_(\w+) :=(.*)$", text, re.M)}


def sources(*patterns):
    return sorted(x for p in patterns
                  for x in glob.glob(p, root_dir=ROOT))


OURS = ("gatewayd/*/*.[ch]", "plugins/*.[ch]")
TESTS = ("tests/unit/*.[ch]", "tests/replay/*.[ch]", "tests/sim/*.[ch]",
         "tests/fuzz/*.c", "tests/bad/*.c", "tests/good/*.c")


def folder(path):
    return "plugins" if path.startswith("plugins/") else path.split("/")[1]


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as f:
        return f.read()


def command(args, **kwargs):
    return subprocess.run(args, cwd=ROOT, text=True, capture_output=True,
                          **kwargs)


def in_parallel(work, items):
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return [x for found in pool.map(work, items) for x in found]


def check_format(build):
    def one(path):
        r = command(["clang-format", "--dry-run", "-Werror", path])
        return r.stderr.splitlines()[:1] if r.returncode else []
    return in_parallel(one, sources(*OURS, *TESTS))


def check_layers(build):
    said, uses, homes, third = [], makefile_uses(), {}, {}
    for path in sources("gatewayd/*/*.h", "plugins/*.h"):
        name = os.path.basename(path)
        if name in homes:
            said.append("%s: there is another %s" % (path, homes[name]))
        homes[name] = path
    for path in sources(*OURS):
        here = folder(path)
        for kind, name in INCLUDE.findall(read(path)):
            if kind == '"' and name in homes:
                there = folder(homes[name])
                if there != here and there not in uses.get(here, []):
                    said.append("%s: %s may not use %s (%s)" % (
                        path, here, there, name))
            elif kind == '"' and name != "build_id.h":
                said.append("%s: %s is nowhere" % (path, name))
            elif THIRD_PARTY.search(name):
                third.setdefault((name, here if name in ONE_A_PROGRAM
                                  else ""), []).append(path)
    for (name, _), paths in sorted(third.items()):
        if len(paths) > 1 and name not in SPREAD:
            said.append("%s is included by %s; one file is to know it" % (
                name, ", ".join(paths)))
    return said


def check_headers(build):
    uses = makefile_uses()

    def one(path):
        here = folder(path)
        dirs = [here] + uses.get(here, [])
        args = ["cc", "-std=c17", "-D_GNU_SOURCE", "-Wall", "-Wextra",
                "-fsyntax-only", "-x", "c", "-I", build]
        for d in dirs:
            args += ["-I", "plugins" if d == "plugins" else "gatewayd/" + d]
        r = command(args + ["-include", path, "/dev/null"])
        return r.stderr.splitlines()[:3] if r.returncode else []
    return in_parallel(one, sources("gatewayd/*/*.h", "plugins/*.h"))


def check_plugins(build):
    said = []
    for path in sources(build + "/plugins/*.so"):
        for line in command(["nm", "-D", path]).stdout.splitlines():
            kind, name = line.split()[-2:]
            name = name.split("@")[0]
            if kind in "Uwv":
                if not PLUGIN_MAY_CALL.match(name):
                    said.append("%s: calls %s" % (path, name))
            elif name != "gw_device_type":
                said.append("%s: shows %s" % (path, name))
        for line in command(["objdump", "-t", path]).stdout.splitlines():
            m = re.search(r" O \.(data|bss)\s+\w+\s+(?:\.hidden )?(\S+)$",
                          line)
            if m and not m.group(2).startswith(("completed.", "__")):
                said.append("%s: has state: %s" % (path, m.group(2)))
    return said


def check_tidy(build):
    uses = makefile_uses()
    packages = command(["pkg-config", "--cflags", "libmodbus", "jansson",
                        "libmosquitto", "sqlite3"]).stdout.split()

    def one(path):
        here = folder(path)
        args = ["clang-tidy", "--quiet", path, "--", "-std=c17",
                "-D_GNU_SOURCE", "-I" + build] + packages
        for d in [here] + uses.get(here, []):
            args.append("-I" + ("plugins" if d == "plugins"
                                else "gatewayd/" + d))
        r = command(args)
        return [x for x in r.stdout.splitlines() if ": error:" in x or
                ": warning:" in x] if r.returncode else []
    return in_parallel(one, sources("gatewayd/*/*.c", "plugins/*.c"))


def check_cppcheck(build):
    args = ["cppcheck", "--quiet", "--enable=warning,portability",
            "--inline-suppr", "--error-exitcode=1", "--std=c11",
            "--suppress=missingIncludeSystem", "-j", str(os.cpu_count()),
            "-I" + build]
    args += ["-I" + d for d in sources("gatewayd/*/")] + ["-Iplugins"]
    r = command(args + sources("gatewayd/*/*.c", "plugins/*.c"))
    return [x for x in r.stderr.splitlines() if ": error:" in x or
            ": warning:" in x or ": portability:" in x] \
        if r.returncode else []


def check_map(build):
    text = read("gatewayd/README.md")
    text, said = text[text.index("## A line a file"):], []
    for part in text.split("\n### ")[1:]:
        here = part.split(":")[0]
        named = {x.split(".")[0] for x in re.findall(r"`([\w.]+)`", part)}
        there = {os.path.basename(x).split(".")[0]: x
                 for x in sources("gatewayd/%s/*.[ch]" % here)}
        said += ["%s is not on the map, gatewayd/README.md" % there[x]
                 for x in sorted(there.keys() - named)]
        said += ["gatewayd/README.md: %s has no %s" % (here, x)
                 for x in sorted(named - there.keys())]
    return said


def check_sizes(build):
    for path in sources("gatewayd/*/*.[ch]", "plugins/*.c"):
        lines = read(path).split("\n")
        if len(lines) > 401:
            print("# %s: %d lines" % (path, len(lines) - 1))
        start = None
        for i, line in enumerate(lines):
            if line == "{":
                start = i
            elif line == "}" and start is not None:
                if i - start > 61:
                    print("# %s:%d: a function of %d lines" % (
                        path, start, i - start))
                start = None
    return []


CHECKS = {"format": (check_format, "clang-format"),
          "layers": (check_layers, None),
          "headers": (check_headers, "cc"),
          "plugins": (check_plugins, "nm"),
          "map": (check_map, None),
          "tidy": (check_tidy, "clang-tidy"),
          "cppcheck": (check_cppcheck, "cppcheck"),
          "sizes": (check_sizes, None)}


def main():
    ap = argparse.ArgumentParser(description="looks at the style")
    ap.add_argument("--build", default="build")
    ap.add_argument("check", nargs="*", help=" ".join(CHECKS))
    options = ap.parse_args()
    passed = failed = 0
    for name in options.check or CHECKS:
        check, needs = CHECKS[name]
        if needs and not shutil.which(needs):
            print("ok - %s # SKIP %s is not installed" % (name, needs))
            continue
        said = check(options.build)
        for line in said[:50]:
            print("    " + line)
        print("%sok - %s" % ("not " if said else "", name), flush=True)
        failed += bool(said)
        passed += not said
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
