#!/usr/bin/python3
"""gatewayd-uplink against real brokers: its status, passwords, TLS, a list of
brokers, dead, mute and moody ones, a mute resolver, a half-open link, a long
backlog (field cases C29, C31, C32, C34, C53). The scenarios run side by side;
`40_uplink.py NAME...` runs the named ones alone."""
# timeout: 400
# alone: yes
import ctypes
import fcntl
import glob
import json
import os
import re
import socket
import sqlite3
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import harness  # noqa: E402

SECRET = 'S3cr#t:Pr%be"77'
TEXT = 4    # enum value_type
SITE = """gateway: {{id: gw, clock: {{trust: system}}}}
store: {{path: "{dir}/store.db", commit: 200ms}}
uplinks:
  county: {{{uplink}, topic: t, keepalive: 5s}}
lines:
  north:
    transport: rtu
    port: {dir}/north.tty
    baud: 115200
    timeout: 200ms
    devices:
      soil-a1: {{type: cwt-soil-thc-s, unit: 1, every: {every}}}
"""


def site(d, uplink, every="500ms"):
    if isinstance(uplink, int):
        uplink = 'broker: "mqtt://127.0.0.1:%d"' % uplink
    return SITE.format(dir=d, uplink=uplink, every=every)


def link(g):
    s = g.status()
    return s["uplinks"][0] if s else {}


def online(g, seconds=15):
    return harness.wait_for(lambda: link(g).get("state") == "online", seconds)


def told(d):
    """The uplink's events. A status may show a reason for a second only; the
    journal keeps it."""
    return [t for (t,) in harness.sqlite(
        d + "/store.db", "SELECT text FROM events WHERE kind = 'link'")]


def recorded(d, pattern, seconds):
    """Waits for such an event: its text, or None."""
    return harness.wait_for(lambda: next(
        (t for t in told(d) if re.search(pattern, t)), None), seconds)


def drained(g, seconds):
    """All that the journal holds now is acknowledged."""
    now = g.status()["store"]["seq"]
    return harness.wait_for(lambda: (link(g).get("acked_seq") or 0) >= now,
                            seconds)


def journal(d):
    return set(harness.sqlite(d + "/store.db", "SELECT name, ts_ms FROM "
                              "reading WHERE quality <> 'bad'"))


def strict(payload):
    def no(what):
        raise ValueError(what)

    def pairs(items):
        if len(dict(items)) != len(items):
            no("twice the same key")
        return dict(items)
    return json.loads(payload.decode("utf-8"), parse_constant=no,
                      object_pairs_hook=pairs)


def of(broker, leaf):
    return [strict(m.payload) for m in list(broker.messages)
            if m.topic == "t/gw/" + leaf]


def states(broker):
    return [m["state"] for m in of(broker, "status")]


def gaps(d, since_ms, limit_ms):
    """Pauses in the polling of moisture that are longer than the limit."""
    ts = [t for t, in harness.sqlite(
        d + "/store.db", "SELECT ts_ms FROM reading WHERE name = "
        "'north/soil-a1/moisture' AND ts_ms > ? ORDER BY ts_ms", since_ms)]
    return [b - a for a, b in zip(ts, ts[1:]) if b - a > limit_ms]


def check_status(tap):
    with harness.tempdir() as d, harness.Broker() as broker:
        with harness.Farm(d, site(d, broker.port)), \
                harness.Gateway(d, site(d, broker.port)) as g:
            tap.ok(harness.wait_for(lambda: states(broker) == ["online"], 15),
                   "online is said once connected")
            s = (of(broker, "status") or [{}])[0]
            boot = open("/proc/sys/kernel/random/boot_id").read().strip()
            tap.ok(s.get("gateway") == "gw" and s.get("boot") == boot and
                   s.get("version") and
                   abs(s.get("ts", 0) - time.time() * 1000) < 20000,
                   "with gateway, version, boot and ts: %s" % s)
            late = subprocess.run(
                ["mosquitto_sub", "-p", str(broker.port), "-t", "t/gw/status",
                 "-C", "1", "-W", "5", "-F", "%r %p"], capture_output=True,
                text=True, timeout=10).stdout
            tap.ok(late.startswith("1 {"), "and retained: %s" % late)
            os.kill(g.pids()["uplink county"], 9)
            tap.ok(harness.wait_for(lambda: states(broker) ==
                                    ["online", "offline", "online"], 20),
                   "killed with -9, its last will says offline, and it is "
                   "back: %s" % states(broker))
            harness.wait_for(lambda: len(of(broker, "readings")) > 3, 15)
            tap.ok(g.stop() == 0, "an orderly stop")
            tap.ok(harness.wait_for(lambda: states(broker)[-1] == "offline", 5)
                   and states(broker)[3:] == ["offline"],
                   "says offline, once: %s" % states(broker)[3:])
        check_shapes(tap, broker, d)


def rising(seqs):
    return all(a < b for a, b in zip(seqs, seqs[1:]))


def check_shapes(tap, broker, d):
    readings, events = of(broker, "readings"), of(broker, "events")
    odd = [m for m in readings for dev, items in m.items()
           if dev not in ("gateway", "north/soil-a1") or not items or any(
               set(i) != {"ts", "values"} or not isinstance(i["ts"], int)
               or not i["values"] for i in items)]
    tap.ok(readings and not odd, "readings have the agreed shape: %s" % odd[:1])
    seqs = [m["gateway"][0]["values"]["seq"] for m in readings]
    tap.ok(len(seqs) == len(readings) and rising(seqs),
           "each has a seq, rising from message to message: %s" % seqs[-5:])
    highest = harness.sqlite(d + "/store.db",
                             "SELECT max(seq) FROM journal")[0][0]
    tap.ok(seqs and seqs[-1] == highest,
           "the last is the journal's: %s of %s" % (seqs[-1:], highest))
    odd = [e for e in events if
           not {"seq", "ts", "kind", "subject", "text"} <= set(e) or
           not isinstance(e["seq"], int) or not isinstance(e["ts"], int) or
           not all(e[k] for k in ("kind", "subject", "text"))]
    tap.ok(events and not odd, "events have seq, ts, kind, subject and text: "
           "%s" % odd[:1])
    tap.ok(rising([e["seq"] for e in events]), "events come in order, once")


def leaks(g, d, broker):
    """Where the secret can be read by others than the uplink."""
    found = []
    said = {"log": g.log(), "status": g.ctl("status", "--json").stdout}
    check = g.ctl("check", g.config, *harness.Gateway.dirs(g))
    said["check"] = check.stdout + check.stderr
    for pid in g.pids().values():
        for what in ("cmdline", "environ"):
            with open("/proc/%d/%s" % (pid, what), "rb") as f:
                said["%s of %d" % (what, pid)] = f.read().decode("latin-1")
    for m in list(broker.messages):
        said["topic"] = said.get("topic", "") + m.topic + str(m.payload)
    for row in harness.sqlite(d + "/store.db", "SELECT text FROM events"):
        said["journal"] = said.get("journal", "") + row[0]
    for what, text in said.items():
        if SECRET in text or json.dumps(SECRET)[1:-1] in text or \
                "S3cr" in text:
            found.append(what)
    return found


def check_password(tap):
    with harness.tempdir() as d:
        subprocess.run(["mosquitto_passwd", "-b", "-c", d + "/passwd", "ljz",
                        SECRET], check=True, capture_output=True)
        os.chmod(d + "/passwd", 0o644)
        os.chmod(d, 0o755)
        private = harness.free_port()
        conf = ("listener %d 127.0.0.1\n"
                "allow_anonymous false\npassword_file %s/passwd\n" %
                (private, d))
        up = ('broker: "mqtt://127.0.0.1:%d", username: ljz, password_file: '
              '"%s/county.secret"' % (private, d))
        with open(d + "/county.secret", "w") as f:
            f.write("S3cr-wrong\n")
        with TwoDoors(conf=conf) as broker, harness.Farm(d, site(d, up)), \
                Talkative(d, site(d, up)) as g:
            said = recorded(d, "refused", 15)
            tap.ok(said and "username" in said and "password_file" in said,
                   "a wrong password: refused, and where to look: %s" % said)
            time.sleep(4)
            u = link(g)
            tries = g.log().count("no connection to")
            tap.ok(u["restarts"] == 0 and tries == 1,
                   "no crash, and one line in the log, not one for each try: "
                   "%d restarts, %d lines" % (u["restarts"], tries))
            tap.ok(cpu_s(u["pid"]) < 1, "and it does not spin")
            with open(d + "/county.secret", "w") as f:
                f.write(SECRET + "\n")
            tap.ok(online(g, 20), "the right password, with # : %% and \" in "
                   "it, is read anew and works: %s" % link(g)["text"])
            tap.ok(harness.wait_for(lambda: of(broker, "readings"), 10),
                   "and readings arrive")
            found = leaks(g, d, broker)
            tap.ok(not found, "the password is nowhere to be read: %s" % found)


class Talkative(harness.Gateway):
    def dirs(self):
        return super().dirs() + ["--debug"]


class TwoDoors(harness.Broker):
    """A broker with a second listener; each has settings of its own."""

    def start(self):
        path = self.dir + "/mosquitto.conf"
        with open(path, "w") as f:
            f.write("per_listener_settings true\nlistener %d 127.0.0.1\n"
                    "allow_anonymous true\n%s" % (self.port, self.conf))
        self.p = harness.spawn(["/usr/sbin/mosquitto", "-c", path],
                               stderr=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL)
        if not harness.wait_for(self._listens, 10):
            raise RuntimeError("mosquitto does not listen")
        if not self.client:
            self._subscribe()
        return self


def cpu_s(pid):
    with open("/proc/%d/stat" % pid) as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def openssl(d, *args):
    subprocess.run(["openssl"] + list(args), check=True, cwd=d,
                   capture_output=True, timeout=30)


def certificates(d):
    """ca, other: authorities; server and client: signed by ca."""
    for ca in ("ca", "other"):
        openssl(d, "req", "-x509", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-keyout", ca + ".key", "-out", ca + ".pem", "-subj",
                "/CN=test " + ca)
    with open(d + "/san", "w") as f:
        f.write("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    for name in ("server", "client"):
        openssl(d, "req", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
                name + ".key", "-out", name + ".csr", "-subj", "/CN=" + name)
        openssl(d, "x509", "-req", "-in", name + ".csr", "-CA", "ca.pem",
                "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-out",
                name + ".pem", "-extfile", "san")
    for f in glob.glob(d + "/*"):
        os.chmod(f, 0o644)
    os.chmod(d, 0o755)


def put(d, what, where):
    with open(d + "/" + what) as f, open(d + "/new", "w") as out:
        out.write(f.read())
    os.rename(d + "/new", d + "/" + where)


def check_tls(tap):
    with harness.tempdir() as d:
        certificates(d)
        tls = ("listener %d 127.0.0.1\nallow_anonymous true\ncafile {d}/ca.pem"
               "\ncertfile {d}/server.pem\nkeyfile {d}/server.key\n"
               "require_certificate %s\n").format(d=d)
        ports = harness.free_port(), harness.free_port()
        conf = tls % (ports[0], "false") + tls % (ports[1], "true")
        up = 'broker: "mqtts://127.0.0.1:%d", ca_file: "' + d + '/county.pem"'
        with TwoDoors(conf=conf) as broker, harness.Farm(d, site(d, up % 1)):
            with harness.Gateway(d, site(d, up % ports[0])) as g:
                said = recorded(d, "ca_file", 15)
                tap.ok(said and "No such file" in said,
                       "a ca_file that is not there is named: %s" % said)
                put(d, "other.pem", "county.pem")
                said = recorded(d, "certificate verify failed", 20)
                tap.ok(said and "ca_file" in said,
                       "a broker of another authority is refused: %s" % said)
                tap.ok(not of(broker, "status"), "and hears nothing")
                put(d, "ca.pem", "county.pem")
                tap.ok(online(g, 30), "with the right ca_file in place it "
                       "connects: %s" % link(g)["text"])
                tap.ok(harness.wait_for(lambda: of(broker, "readings"), 10)
                       and drained(g, 15), "readings arrive over TLS")
                tap.ok(link(g)["restarts"] == 0, "all in one process")
            check_client_certificate(tap, d, up % ports[1], broker)


def check_client_certificate(tap, d, up, broker):
    both = up + ', cert_file: "%s/mine.pem", key_file: "%s/mine.key"' % (d, d)
    with harness.Gateway(d, site(d, up)) as g:
        # The broker's word for it may come too late for the first attempt,
        # whose reason is the event; the state tells the latest.
        words = "certificate required|handshake failure"
        said = recorded(d, words, 10) or harness.wait_for(
            lambda: re.search(words, link(g)["text"]) and link(g)["text"], 30)
        tap.ok(said and "cert_file" in said,
               "no client certificate: refused, in words: %s" %
               (said or told(d)))
    put(d, "client.pem", "mine.pem")
    put(d, "client.key", "mine.key")
    before = len(of(broker, "readings"))
    with harness.Gateway(d, site(d, both)) as g:
        tap.ok(online(g) and harness.wait_for(
            lambda: len(of(broker, "readings")) > before, 10),
            "a client certificate opens the door: %s" % link(g)["text"])


def check_list(tap):
    with harness.tempdir() as d, harness.Broker() as broker:
        up = ('broker: ["mqtts://nowhere.invalid:8883", "mqtt://127.0.0.1:%d"]'
              % broker.port)
        start = time.time() * 1000
        with harness.Farm(d, site(d, up)), \
                harness.Gateway(d, site(d, up)) as g:
            tap.ok(online(g, 30), "the second of the list is reached")
            said = recorded(d, "nowhere.invalid.*resolved", 10)
            tap.ok(said, "a name that does not resolve is told: %s" % said)
            tap.ok(harness.wait_for(lambda: of(broker, "readings"), 10),
                   "and readings arrive")
            tap.ok(drained(g, 15), "all of them")
            late = gaps(d, start, 1500)
            tap.ok(journal(d) and not late, "the line was polled meanwhile, "
                   "without a pause: %s" % late)
            tap.ok(link(g)["restarts"] == 0, "the uplink was not restarted")


def deaf_port():
    """A port whose queue is full: what is sent there is dropped."""
    s = socket.socket()
    s.bind(("127.0.0.1", 0))
    s.listen(0)
    fill = []
    for _ in range(4):
        c = socket.socket()
        c.setblocking(False)
        c.connect_ex(s.getsockname())
        fill.append(c)
    return s, fill


def check_mute(tap):
    mute = socket.socket()
    mute.bind(("127.0.0.1", 0))
    mute.listen(16)
    deaf, fill = deaf_port()
    with harness.tempdir() as d, harness.Broker() as broker:
        up = 'broker: [%s]' % ", ".join(
            '"%s://127.0.0.1:%d"' % x for x in (
                ("mqtt", deaf.getsockname()[1]),
                ("mqtt", mute.getsockname()[1]),
                ("mqtts", mute.getsockname()[1]), ("mqtt", broker.port)))
        conf = site(d, up).replace("keepalive: 5s", "keepalive: 60s")
        with harness.Farm(d, conf), harness.Gateway(d, conf) as g:
            start = time.time()
            pid = g.pids()["uplink county"]
            tap.ok(harness.wait_for(lambda: link(g).get("state") == "online",
                                    90), "the one behind them is reached")
            # A status lasts a second; the journal has the times.
            tries = harness.wait_for(lambda: [
                x for x in harness.sqlite(
                    d + "/store.db", "SELECT ts_ms / 1000.0, text FROM events "
                    "WHERE kind = 'link' ORDER BY seq")
                if re.search("no.* answer", x[1])], 10) or []
            began = start
            for i, (what, s) in enumerate((
                    ("drops all packets", deaf),
                    ("never answers CONNECT", mute),
                    ("never answers a TLS greeting", mute))):
                at, text = tries[i] if i < len(tries) else (began, "")
                tap.ok(":%d: " % s.getsockname()[1] in text and
                       8 < at - began < 22, "one that %s is given up after "
                       "15 s: %.1f s, %s" % (what, at - began, text))
                began = at
            u = link(g)
            tap.ok(u["restarts"] == 0 and u["pid"] == pid,
                   "the process was never blocked: no restart")
            tap.ok(cpu_s(pid) < 2, "nor busy: %.2f s of CPU in %d s" %
                   (cpu_s(pid), time.time() - start))
            tap.ok(drained(g, 20), "and all readings arrive")
    for s in fill + [mute, deaf]:
        s.close()


def check_half_open(tap):
    with harness.tempdir() as d, harness.Broker() as broker:
        conf = site(d, broker.port, "200ms")
        with harness.Farm(d, conf), harness.Gateway(d, conf) as g:
            tap.ok(online(g) and harness.wait_for(
                lambda: len(broker.readings()) > 20, 15), "readings arrive")
            broker.suspend()
            stopped = time.time()
            time.sleep(0.5)     # what was read at the socket is acknowledged
            held = link(g)["acked_seq"]
            left = harness.wait_for(lambda: link(g)["state"] != "online", 15)
            tap.ok(left, "a link that went quiet is noticed after %.1f s of "
                   "keepalive 5s" % (time.time() - stopped))
            tap.ok(time.time() - stopped < 9.5, "within 1.5 keepalives, where "
                   "a ping needs two")
            time.sleep(max(0, stopped + 20 - time.time()))
            u = link(g)
            tap.ok(u["acked_seq"] == held and u["backlog"] > 100,
                   "nothing counts as sent without its PUBACK: %s then %s, "
                   "%s waiting" % (held, u["acked_seq"], u["backlog"]))
            broker.resume()
            tap.ok(online(g, 40), "it is back when the broker is")
            tap.ok(drained(g, 20), "and everything is acknowledged")
            g.stop()
        want = journal(d)
        harness.wait_for(lambda: want <= set(broker.readings()), 10)
        missing = want - set(broker.readings())
        tap.ok(len(want) > 200 and not missing, "every reading of the journal "
               "arrived: %d, missing %d" % (len(want), len(missing)))


def check_flapping(tap):
    """A broker that greets and hangs up: two gateways of one name, a rule
    that forbids the topic."""
    s = socket.socket()
    s.bind(("127.0.0.1", 0))
    s.listen(16)
    came = []

    def serve():
        while True:
            c, _ = s.accept()
            came.append(time.time())
            c.recv(4096)
            c.sendall(b"\x20\x02\x00\x00")
            c.recv(1)
            c.close()
    threading.Thread(target=serve, daemon=True).start()
    with harness.tempdir() as d:
        conf = site(d, s.getsockname()[1])
        with harness.Farm(d, conf), harness.Gateway(d, conf) as g:
            tap.ok(harness.wait_for(lambda: came, 15), "it is tried")
            time.sleep(15)
            n = len(came)
            tap.ok(2 <= n <= 6, "and again, less and less often: %d times in "
                   "15 s" % n)
            tap.ok(link(g)["acked_seq"] in (None, 0), "nothing counts as sent")


def check_orphan(tap):
    with harness.tempdir() as d, harness.Broker() as broker:
        conf = site(d, broker.port)
        with harness.Farm(d, conf):
            g = harness.Gateway(d, conf).start()
            tap.ok(online(g) and harness.wait_for(
                lambda: of(broker, "readings"), 15), "readings arrive")
            pid = g.pids()["uplink county"]
            killed = time.time()
            g.kill9()
            harness.wait_for(lambda: "offline" in states(broker), 10)
            tap.ok(states(broker) == ["online", "offline"],
                   "core killed: offline is said, once: %s" % states(broker))
            # The last will would carry the time of the connection.
            last = of(broker, "status")[-1]["ts"] / 1000
            tap.ok(last >= killed - 0.5, "by the uplink itself, not by its "
                   "will: %.1f s after" % (last - killed))
            tap.ok(harness.wait_for(
                lambda: not os.path.exists("/proc/%d" % pid), 5),
                "which then ends")


def own_network():
    """Again in namespaces of our own, where /etc is ours and nobody else's
    resolver is near; returns in there, or why it cannot be."""
    if os.environ.get("OWN_NETWORK"):
        return None
    args = ["unshare", "-mn"] if os.getuid() == 0 else ["unshare", "-rmn"]
    r = subprocess.run(args + ["true"], capture_output=True, text=True)
    if r.returncode:
        return r.stderr.strip()
    os.environ["OWN_NETWORK"] = "1"
    os.execvp("unshare", args + [sys.executable, __file__] + sys.argv[1:])


def bind_over(path, text, where):
    """A file of our own in place of one in /etc."""
    with open(path, "w") as f:
        f.write(text)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(path.encode(), where.encode(), None, 4096, None):
        raise OSError(ctypes.get_errno(), where)


def loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, 0x8914, struct.pack("16sh22x", b"lo", 1))


def check_resolver(tap):
    """Three servers that are mute, and a search domain: 10 s and more."""
    why = own_network()
    if why:
        return tap.skip("a mute resolver", why)
    loopback_up()
    mute = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in "123"]
    for i, s in enumerate(mute):
        s.bind(("127.0.0.%d" % (51 + i), 53))
    with harness.tempdir() as d, harness.Broker() as broker:
        try:
            bind_over(d + "/resolv.conf", "".join(
                "nameserver 127.0.0.%d\n" % i for i in (51, 52, 53)) +
                "search lan\n", "/etc/resolv.conf")
            bind_over(d + "/hosts", "127.0.0.1 localhost\n", "/etc/hosts")
        except OSError as e:
            return tap.skip("a mute resolver", e)
        resolver_then_address(tap, d, broker)
        os.unlink(d + "/store.db")
        name_comes_late(tap, d, broker)
        first_address_refuses(tap, d, broker)


def resolver_then_address(tap, d, broker):
    up = ('broker: ["mqtts://broker.example:8883", "mqtt://127.0.0.1:%d"]' %
          broker.port)
    start = time.time() * 1000
    with harness.Farm(d, site(d, up)), harness.Gateway(d, site(d, up)) as g:
        said = recorded(d, "broker.example.*DNS does not answer", 30)
        tap.ok(said, "a resolver that is mute is told: %s" % said)
        tap.ok(online(g, 30), "the next of the list is reached")
        tap.ok(link(g)["restarts"] == 0, "by a process that was never "
               "taken for hung: %d restarts" % link(g)["restarts"])
        tap.ok(drained(g, 15) and not gaps(d, start, 1500),
               "nothing waits, and the line was polled without a pause")


def first_address_refuses(tap, d, broker):
    """The broker listens on IPv4 only, the name has ::1 in front."""
    with open(d + "/hosts", "w") as f:
        f.write("127.0.0.1 localhost\n::1 both.example\n"
                "127.0.0.1 both.example\n")
    first = socket.getaddrinfo("both.example", 1, type=socket.SOCK_STREAM)[0]
    if first[0] != socket.AF_INET6:
        return tap.skip("a first address that refuses", "no IPv6 here")
    os.unlink(d + "/store.db")
    up = ('broker: "mqtt://both.example:%d", plaintext: allowed' % broker.port)
    with harness.Farm(d, site(d, up)), harness.Gateway(d, site(d, up)) as g:
        tap.ok(online(g, 20) and drained(g, 15), "a name whose first address "
               "refuses is reached at its other one: %s" % link(g)["text"])
        said = recorded(d, "refused", 5)
        tap.ok(said, "the refusal is told: %s" % said)


def name_comes_late(tap, d, broker):
    up = ('broker: "mqtt://broker.example:%d", plaintext: allowed' %
          broker.port)
    with harness.Farm(d, site(d, up)):
        g = harness.Gateway(d, site(d, up)).start()
        harness.wait_for(lambda: link(g).get("state") == "connecting", 10)
        began = time.time()
        code = g.stop()
        tap.ok(code == 0 and time.time() - began < 5, "a stop does not wait "
               "for the resolver: %.1f s" % (time.time() - began))
        g.start()
        tap.ok(recorded(d, "DNS does not answer", 30), "the name is not known")
        with open(d + "/hosts", "a") as f:
            f.write("127.0.0.1 broker.example\n")
        tap.ok(online(g, 60), "once it is, the broker is reached")
        tap.ok(drained(g, 20) and link(g)["restarts"] == 0,
               "by the same process, and all is sent")
        g.stop()
        want = journal(d)
        harness.wait_for(lambda: want <= set(broker.readings()), 10)
        tap.ok(want and want <= set(broker.readings()), "what was read until "
               "then came with its times: %d readings" % len(want))


def add_rows(d, readings, events):
    """A backlog as a long outage leaves it, an hour old. Its first thousand
    readings are long texts."""
    db = sqlite3.connect(d + "/store.db")
    top = db.execute("SELECT max(s) FROM (SELECT max(seq) s FROM journal "
                     "UNION SELECT max(seq) FROM event)").fetchone()[0]
    series, epoch, at = db.execute("SELECT series, epoch, at_ms FROM journal "
                                   "WHERE quality < 2 LIMIT 1").fetchone()
    kind = db.execute("SELECT type FROM journal WHERE quality < 2 AND series "
                      "= ?", (series,)).fetchone()[0]
    at -= 3600000
    db.executemany("INSERT INTO journal VALUES (?,?,?,?,?,?,0,0,0)", (
        (top + 1 + i, series, epoch, at + i) +
        ((TEXT, "%04d " % i + "\"" * 58) if i < 1000 else (kind, i))
        for i in range(readings)))
    top += readings
    db.executemany("INSERT INTO event VALUES (?,?,?,1,'bench',?)", (
        (top + 1 + i, epoch, at + i, "event %d" % i) for i in range(events)))
    db.commit()
    db.close()
    return top + events


def check_backlog(tap):
    readings, events = 100000, 6000
    with harness.tempdir() as d, harness.Broker() as broker:
        conf = site(d, broker.port, "5s")
        with harness.Farm(d, conf):
            g = harness.Gateway(d, conf).start()
            tap.ok(online(g) and drained(g, 15), "connected, nothing waits")
            g.stop()
            top = add_rows(d, readings, events)
            seen = len(broker.messages)
            start = time.time()
            g.start()
            most = [0]

            def done():
                u = link(g)
                most[0] = max(most[0], u.get("in_flight", 0))
                return (u.get("acked_seq") or 0) >= top
            tap.ok(harness.wait_for(done, 60), "a backlog of %d readings and "
                   "%d events drains" % (readings, events))
            took = time.time() - start
            n = len(broker.messages) - seen
            tap.ok(took < 60, "%d messages in %.1f s: %.0f messages/s, %.0f "
                   "rows/s" % (n, took, n / took, (readings + events) / took))
            g.stop()
        want = journal(d)
        harness.wait_for(lambda: want <= set(broker.readings()), 20, 1)
        largest = max(len(m.payload) for m in broker.messages)
        tap.ok(8000 < largest <= 16384, "no message is larger than 16 KB: "
               "%d bytes" % largest)
        missing = want - set(broker.readings())
        tap.ok(len(want) >= readings and not missing,
               "every reading arrived: %d missing" % len(missing))
        got = [e["text"] for e in of(broker, "events")
               if e["subject"] == "bench"]
        tap.ok(got == ["event %d" % i for i in range(events)],
               "every event, in order, once: %d" % len(got))


def check_lone(tap):
    """One device asked every 8 s: the outage holds one round only."""
    with harness.tempdir() as d, harness.Broker() as broker:
        conf = site(d, broker.port, "8s")
        with harness.Farm(d, conf), harness.Gateway(d, conf) as g:
            tap.ok(online(g) and harness.wait_for(
                lambda: broker.readings(), 15) and drained(g, 10),
                "the first round is sent")
            # Away for the moment of one round only, so that the uplink is
            # back well before the next one could push it along.
            newest = max(ts for _, ts in journal(d)) / 1000
            time.sleep(max(0, newest + 6.5 - time.time()))
            broker.stop()
            before = len(journal(d))
            harness.wait_for(lambda: len(journal(d)) > before, 15)
            lone = harness.wait_for(lambda: journal(d), 1)
            broker.start()
            harness.wait_for(lambda: lone <= set(broker.readings()), 7.5, 0.1)
            stuck = lone - set(broker.readings())
            tap.ok(len(lone) > before and not stuck, "one round, read in the "
                   "outage, arrives before the next: %s" % list(stuck)[:2])
            tap.ok(drained(g, 10), "and is acknowledged")
            harness.wait_for(lambda: link(g)["backlog"] == 0, 10)
            tap.ok(link(g)["backlog"] == 0, "nothing is left unsent")
            time.sleep(3)
            seqs = [m["gateway"][0]["values"]["seq"]
                    for m in of(broker, "readings")]
            tap.ok(rising(seqs), "nor sent again after its PUBACK: %s" % seqs)


CHECKS = {"status": check_status, "password": check_password,
          "tls": check_tls, "list": check_list, "mute": check_mute,
          "half-open": check_half_open, "backlog": check_backlog,
          "lone": check_lone, "flapping": check_flapping,
          "orphan": check_orphan, "resolver": check_resolver}


def one(name):
    tap = harness.Tap()
    try:
        CHECKS[name](tap)
    except Exception as e:      # noqa: BLE001 - said in TAP, then told on
        tap.ok(False, "%s: %s: %s" % (name, type(e).__name__, e))
        raise
    tap.finish()


def main(names):
    if len(names) == 1:
        return one(names[0])
    tap = harness.Tap()
    running = [(n, harness.spawn([sys.executable, __file__, n],
                                 stdout=subprocess.PIPE, text=True))
               for n in names or CHECKS]
    for name, p in running:
        out, _ = p.communicate(timeout=220)
        lines = re.findall(r"^(not )?ok \d+ - (.*)$", out, re.M)
        for bad, what in lines:
            tap.ok(not bad, "%s: %s" % (name, what))
        if p.returncode and not any(bad for bad, _ in lines):
            tap.ok(False, "%s ended with %d" % (name, p.returncode))
    return tap.finish()


main(sys.argv[1:])
