#!/usr/bin/python3
"""`make demo`: a farm, a broker and a gateway on this machine, and a table of
what passes between them. `make demo-check`: the same, unattended; it ends well
once each point was seen in the store and at the broker with the value that the
field had served.

Only Python's own library and mosquitto's programs are used.
"""
import argparse
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.dirname(HERE), HERE]
BROKER_AWAY_S = 15      # a broker that was stopped comes back by itself


def arguments():
    ap = argparse.ArgumentParser(
        prog="make demo", description="a farm, a broker and a gateway here")
    ap.add_argument("--build", default="build", help="build folder")
    ap.add_argument("--check", action="store_true",
                    help="unattended: compare, and end")
    ap.add_argument("--seconds", type=float, default=0,
                    help="end after so long; plain lines")
    ap.add_argument("--deadline", type=float, default=50,
                    help="of --check, in seconds")
    ap.add_argument("--speed", type=float, default=300,
                    help="how much faster weather and water run")
    ap.add_argument("--tell", nargs=2, metavar=("DIR", "STATEMENT"),
                    help="make something happen in a running demo's field")
    return ap.parse_args()


options = arguments()
os.environ["GATEWAYD_BUILD"] = options.build
import harness  # noqa: E402
import screen   # noqa: E402


def own_session():
    """Ctrl-C is for us alone: we stop the others, in order."""
    os.setsid()
    die_with_us()


die_with_us, harness.die_with_us = harness.die_with_us, own_session


class Broker:
    """A private mosquitto, and what a subscriber there has heard."""

    def __init__(self, d):
        self.dir, self.port = d, harness.free_port()
        self.conf = d + "/mosquitto.conf"
        os.mkdir(d + "/broker", 0o700)
        with open(self.conf, "w") as f:
            f.write("listener %d 127.0.0.1\nallow_anonymous true\n"
                    "user %s\n"
                    "persistence true\npersistence_location %s/broker/\n"
                    "autosave_on_changes true\nautosave_interval 1\n"
                    "max_queued_messages 0\n" % (
                        self.port, os.environ.get("USER") or "root"
                        if os.getuid() else "root", d))
        self.messages, self.readings, self.state = 0, {}, None
        self.rest = b""
        self.away_since = None

    def start(self):
        log = open(self.dir + "/mosquitto.log", "ab")
        self.p = harness.spawn([program("mosquitto"), "-c", self.conf],
                               stdout=log, stderr=log)
        log.close()

    def subscribe(self):
        """A session that the broker keeps, so that nothing is missed."""
        self.sub = harness.spawn(
            [program("mosquitto_sub"), "-h", "127.0.0.1", "-p",
             str(self.port), "-q", "1", "-c", "-i", "demo-table", "-t", "#",
             "-F", "%t %p"], stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL)
        os.set_blocking(self.sub.stdout.fileno(), False)

    def listen(self):
        """Takes in what has come; brings a stopped broker back."""
        while True:
            data = self.sub.stdout.read(1 << 16)
            if not data:
                break
            *lines, self.rest = (self.rest + data).split(b"\n")
            for line in lines:
                self.hear(line.decode("utf-8", "replace"))
        if self.sub.poll() is not None:
            self.subscribe()
        if self.p.poll() is None:
            self.away_since = None
        elif self.away_since is None:
            self.away_since = time.monotonic()
        elif time.monotonic() - self.away_since > BROKER_AWAY_S:
            self.start()

    def hear(self, line):
        topic, _, payload = line.partition(" ")
        try:
            body = json.loads(payload)
        except ValueError:
            return
        if topic.endswith("/status"):
            self.state = body.get("state")
        if not topic.endswith("/readings"):
            return
        self.messages += 1
        for device, items in body.items():
            for item in items if device != "gateway" else ():
                for point, value in item["values"].items():
                    if value == "uncertain":
                        continue        # beside a reading that is
                    self.readings["%s/%s" % (device, point),
                                  item["ts"]] = value


def program(name):
    for d in os.environ.get("PATH", "").split(":") + ["/usr/sbin"]:
        if os.access(d + "/" + name, os.X_OK):
            return d + "/" + name
    sys.exit("demo: %s is not installed; `make deps` brings it" % name)


class Demo:
    def __init__(self, d):
        self.dir, self.truth_path = d, d + "/truth.jsonl"
        self.broker = Broker(d)
        with open(HERE + "/site.yaml", encoding="utf-8") as f:
            site = f.read()
        for key, value in (("dir", d), ("mqtt", self.broker.port),
                           ("tcp", harness.free_port())):
            site = site.replace("{%s}" % key, str(value))
        self.farm = harness.Farm(d, site, speed=options.speed,
                                 truth=self.truth_path)
        self.gateway = harness.Gateway(d, site)
        self.db, self.started = d + "/gatewayd.db", time.monotonic()

    def start(self):
        self.broker.start()
        self.broker.subscribe()
        self.farm.start()
        self.gateway.start()

    def stop(self):
        """The gateway's exit code; the field ends after it."""
        code = self.gateway.stop()
        self.farm.stop()
        return code

    def store(self, sql):
        """Rows; none while there is no store to read."""
        try:
            db = sqlite3.connect("file:%s?mode=ro" % self.db, uri=True,
                                 timeout=2)
            try:
                return db.execute(sql).fetchall()
            finally:
                db.close()
        except sqlite3.Error:
            return []

    def look(self):
        """Everything there is to show now."""
        self.broker.listen()
        counts = self.store("SELECT (SELECT count(*) FROM journal),"
                            " (SELECT count(*) FROM event)")
        return {"points": list(self.gateway.points().values()),
                "status": self.gateway.status(),
                "stored": counts[0] if counts else (0, 0),
                "messages": self.broker.messages,
                "heard": len(self.broker.readings),
                "port": self.broker.port,
                "broker_pid": self.broker.p.pid,
                "away": self.broker.away_since and max(
                    0, BROKER_AWAY_S - (time.monotonic() -
                                        self.broker.away_since)),
                "seconds": time.monotonic() - self.started}

    def hints(self, now):
        """What to try next, to paste in another terminal."""
        lines = (now["status"] or {}).get("lines", [])
        pid = next((x["pid"] for x in lines if x.get("pid")), None)
        tell = "tests/demo/demo.py --tell %s " % self.dir
        return [
            ("what the gateway knows",
             "%s/gatewayctl --run-dir %s/run status" % (options.build,
                                                        self.dir)),
            ("what it has kept",
             "sqlite3 %s 'SELECT time, name, value FROM reading "
             "ORDER BY seq DESC LIMIT 9'" % self.db),
            ("what the county hears",
             "mosquitto_sub -p %d -v -t '#'" % now["port"]),
            ("stop the broker (back after %d s)" % BROKER_AWAY_S,
             "kill %d" % now["broker_pid"]),
            ("kill a line's program", "kill -9 %s" % (pid or "PID")),
            ("a probe falls silent",
             tell + "'DEVICE north/soil-a1 SILENT FOR 20s'"),
            ("open a valve; it closes by itself",
             "%s/gatewayctl --run-dir %s/run write north/valves-1/relay_1 on "
             "--for 20s" % (options.build, self.dir)),
            ("a valve sticks open: closed again and again, with an alarm",
             tell + "'VALUE north/valves-1/relay_1 = on FOR 30s'"),
        ]


def show(demo):
    """Until Ctrl-C, or for the seconds given."""
    view = screen.Live() if screen.is_terminal() and not options.seconds \
        else screen.Plain()
    with view:
        while True:
            now = demo.look()
            view.draw(now, demo.hints(now))
            if options.seconds and now["seconds"] >= options.seconds:
                return 0
            if demo.gateway.p.poll() is not None:
                print("demo: gatewayd has ended with %s\n%s" % (
                    demo.gateway.p.returncode, demo.gateway.log()[-3000:]))
                return 1
            time.sleep(1)


def run():
    d = tempfile.mkdtemp(prefix="gatewayd-demo-")
    demo = Demo(d)
    code = 1
    try:
        demo.start()
        if options.check:
            import compare
            code = compare.check(demo, options.deadline)
        else:
            code = show(demo)
    except KeyboardInterrupt:
        code = 0
    except RuntimeError as e:
        print("demo: %s" % e, file=sys.stderr)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if not options.check:
            print("stopping: outputs safe, readings kept, then the end",
                  flush=True)
        ended = demo.stop()
        if ended not in (0, None) and code == 0:
            print("demo: gatewayd ended with %s" % ended, file=sys.stderr)
            code = 1
        if code:
            print("demo: the last words of gatewayd:\n%s" %
                  demo.gateway.log()[-3000:], file=sys.stderr)
        shutil.rmtree(d, ignore_errors=True)
    return code


def tell(d, statement):
    farm = harness.Farm.__new__(harness.Farm)
    farm.control = d + "/field.sock"
    try:
        answer = farm.do(statement)
    except OSError as e:
        sys.exit("%s: %s; is the demo running?" % (farm.control, e.strerror))
    print(answer)
    return 0 if answer == "ok" else 1


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(tell(*options.tell) if options.tell else run())
