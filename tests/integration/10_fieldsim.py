#!/usr/bin/python3
"""The simulated field is what it says it is: a raw serial port, a raw socket
and pymodbus (which we did not write) see its values, its pace and every fault
of its script language."""
# timeout: 120
# alone: yes
import json
import os
import re
import socket
import statistics
import struct
import subprocess
import sys
import time

import serial

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import harness  # noqa: E402

PROFILES = {
    "sim-probe": """
  moisture:     {holding: 0, type: uint16, scale: 0.1, unit: "%", range: [0, 100]}
  temperature:  {holding: 1, type: int16, scale: 0.1, unit: Cel, range: [-40, 80]}
  conductivity: {holding: 2, type: uint16, unit: "uS/cm"}
  pulses:       {holding: 8, type: uint32, order: ABCD, kind: counter}
  serial:       {holding: 16, type: string, length: 4}
  offset:       {holding: 32, type: int16, scale: 0.1, kind: setting}
""",
    "waveshare-relay-sim": "".join(
        "\n  relay_%d: {coil: %d, kind: output, safe: off, max_on: 4h}" %
        (i + 1, i) for i in range(8)) + "\n",
    "sim-meter": """
  flow:  {holding: 0, type: float32, order: CDAB, unit: "m3/h"}
  total: {holding: 2, type: uint32, order: CDAB, unit: m3, kind: counter}
""",
}

SITE = """gateway: {{id: field-test, clock: {{trust: system}}}}
lines:
  north:
    transport: rtu
    port: {dir}/north.tty
    baud: 9600
    devices:
      soil-a1: {{type: sim-probe, unit: 1, every: 1s}}
      soil-a2: {{type: sim-probe, unit: 2, every: 1s}}
      valves-1: {{type: waveshare-relay-sim, unit: 20, every: 1s}}
  station:
    transport: tcp
    host: 127.0.0.1:{tcp}
    devices:
      meter-1: {{type: sim-meter, unit: 1, every: 1s}}
      meter-2: {{type: sim-meter, unit: 5, every: 1s}}
  dtu:
    transport: rtu_over_tcp
    host: 127.0.0.1:{dtu}
    devices:
      soil-b1: {{type: sim-probe, unit: 7, every: 1s}}
"""
CHAR = 10 / 9600
SILENCE = 3.5 * CHAR
TURNAROUND = 0.005


def crc(b):
    c = 0xFFFF
    for x in b:
        c ^= x
        for _ in range(8):
            c = c >> 1 ^ 0xA001 if c & 1 else c >> 1
    return struct.pack("<H", c)


def rtu(unit, pdu):
    b = bytes([unit]) + bytes.fromhex(pdu)
    return b + crc(b)


class Bus:
    """A raw serial port; ask() gives (bytes, seconds to the last)."""

    def __init__(self, path, baud=9600):
        self.s = serial.Serial(path, baud, timeout=0)

    def ask(self, frame, patience=0.15, gap=0.02):
        """Reads until nothing came for `patience` (0.1 s after a byte)."""
        time.sleep(gap)
        self.s.reset_input_buffer()
        start = last = time.monotonic()
        self.times, got = [], b""
        self.s.write(frame)
        while time.monotonic() - last < patience:
            b = self.s.read(512)
            if b:
                last = time.monotonic()
                self.times += [last - start] * len(b)
                got += b
            else:
                time.sleep(0.0002)
        return got

    def close(self):
        self.s.close()


class Net:
    def __init__(self, port):
        self.s = socket.create_connection(("127.0.0.1", port), 5)
        self.s.settimeout(0.3)

    def ask(self, frame, patience=0.3):
        self.s.sendall(frame)
        return self.read(patience)

    def read(self, patience=0.3):
        got = b""
        self.s.settimeout(patience)
        try:
            while True:
                b = self.s.recv(512)
                if not b:
                    return got + b"<closed>"
                got += b
                self.s.settimeout(0.1)
        except socket.timeout:
            return got

    def close(self):
        self.s.close()


def tcp(tid, unit, pdu):
    p = bytes.fromhex(pdu)
    return struct.pack(">HHHB", tid, 0, len(p) + 1, unit) + p


READ3 = rtu(1, "0300000003")


def good(frame, unit=1, words=None):
    if len(frame) < 5 or frame[0] != unit or crc(frame[:-2]) != frame[-2:]:
        return False
    if words is None:
        return True
    return frame[2:-2] == bytes([2 * len(words)]) + struct.pack(
        ">%dH" % len(words), *words)


def plain(tap, farm, d, bus):
    reply = bus.ask(READ3)
    words = struct.unpack(">3h", reply[3:9]) if good(reply) else ()
    # Nature moves the field between the read and the question by a step.
    near = [abs(farm.get("north/soil-a1/" + n) - w * f) < 0.31 * (
        1 if f < 1 else 10) for n, w, f in zip(
            ("moisture", "temperature", "conductivity"), words,
            (0.1, 0.1, 1))]
    tap.ok(near == [True] * 3, "serial: three registers are the points")
    farm.do("VALUE north/soil-a1/moisture = 23.1")
    farm.do("VALUE north/soil-a1/temperature = -10.1")
    farm.do("VALUE north/soil-a1/conductivity = 300")
    tap.ok(bus.ask(READ3).hex() == "01030600e7ff9b012c%s" %
           crc(bytes.fromhex("01030600e7ff9b012c")).hex(),
           "serial: pinned values are on the wire to the bit")
    with open(d + "/truth") as f:
        truth = [json.loads(x) for x in f][-3:]
    tap.ok([(t["point"], t["value"], t["raw"]) for t in truth] == [
        ("north/soil-a1/moisture", 23.1, [231]),
        ("north/soil-a1/temperature", -10.1, [65435]),
        ("north/soil-a1/conductivity", 300, [300])] and
        abs(truth[0]["ts"] - time.time() * 1000) < 2000,
        "truth: what was served, with its time and raw words")
    tap.ok(bus.ask(rtu(9, "0300000003")) == b"", "another unit: silence")
    tap.ok(bus.ask(READ3[:-1] + b"\0") == b"", "a wrong CRC: silence")
    tap.ok(bus.ask(rtu(0, "050002FF00")) == b"" and
           farm.do("COILS north/valves-1") == "0 0 1 0 0 0 0 0",
           "broadcast write: done, not answered")
    text = bus.ask(rtu(1, "0300100004"))
    tap.ok(text[3:5] == b"SN", "a serial number is text")
    tap.ok(bus.ask(rtu(1, "06 0020 FFFB")) == rtu(1, "06 0020 FFFB") and
           farm.get("north/soil-a1/offset") == -0.5, "a setting holds")


def exceptions(tap, bus):
    for pdu, expected, what in (
            ("1600000000", "9601", "unknown function is 01"),
            ("03FFFF007E", "8303", "a quantity is judged before an address"),
            ("0300020002", "8302", "a register that is not there is 02"),
            ("0600000001", "8602", "a measured value takes no write"),
            ("0400000001", "8402", "holding is not input")):
        tap.ok(bus.ask(rtu(1, pdu)) == rtu(1, expected), what)


def pace(tap, farm, bus):
    took = []
    for _ in range(15):
        bus.ask(READ3)
        took.append(bus.times[-1])
    due = 19 * CHAR + SILENCE + TURNAROUND
    tap.ok(min(took) >= due - 0.0002 and
           abs(statistics.median(took) - due) < 0.0025,
           "pace: 8 + 11 characters take %.2f ms (computed %.2f)" %
           (statistics.median(took) * 1000, due * 1000))
    farm.do("REGISTER north/soil-a1 holding 1000 = " + "7 " * 100)
    took = []
    for _ in range(3):
        reply = bus.ask(rtu(1, "0303E80064"), 0.3)
        half = bus.times[102] if len(bus.times) == 205 else 0
        took.append((bus.times[-1] if bus.times else 0, half))
    due = 213 * CHAR + SILENCE + TURNAROUND
    half_due = (8 + 103) * CHAR + SILENCE + TURNAROUND
    tap.ok(len(reply) == 205 and -0.003 < sorted(took)[0][0] - due < 0.01 and
           -0.003 < sorted(took)[0][1] - half_due < 0.01,
           "pace: 100 registers take %.1f ms (computed %.1f), the middle "
           "character at %.1f (%.1f)" % (
               sorted(took)[1][0] * 1000, due * 1000,
               sorted(took)[1][1] * 1000, half_due * 1000))


def silence(tap, farm, bus, d):
    def stats():
        return json.loads(farm.do("STATS"))["lines"]["north"]

    def hasty():
        """Again when this process was not quick enough to be hasty."""
        for _ in range(20):
            got = once()
            if got[1]:
                break
        return got

    def once():
        bus.ask(READ3)
        before = stats()["silence_broken"]
        time.sleep(0.02)
        bus.s.write(READ3)
        got = b""
        end = time.monotonic() + 1
        while len(got) < 11 and time.monotonic() < end:
            got += bus.s.read(64)
        bus.s.write(READ3)          # at once: no 3.5 characters in between
        time.sleep(0.08)
        return len(bus.s.read(64)), stats()["silence_broken"] - before

    tap.ok(hasty() == (11, 1), "too little silence: answered, but counted")
    farm.do("STRICT on")
    tap.ok(hasty() == (0, 1), "STRICT on: not answered")
    tap.ok(good(bus.ask(READ3, gap=0.006)), "with silence it is")
    farm.do("LINE north STRICT off")
    bus.ask(READ3)
    before = stats()["wrong_speed"]
    other = Bus(d + "/north.tty", 19200)
    tap.ok(other.ask(READ3) == b"" and stats()["wrong_speed"] == before + 1,
           "at another speed nobody understands")
    other.close()
    bus.s.baudrate = 4800           # a change, so that pyserial sets it
    bus.s.baudrate = 9600


def serial_faults(tap, farm, bus):
    def fault(statement, check, what=None):
        said = farm.do("DEVICE north/soil-a1 " + statement)
        frame = bus.ask(READ3, 0.25)
        result = check(frame)
        tap.ok(said == "ok" and result, "%s%s" % (
            what or statement, "" if result else ": " + frame.hex()))
        farm.do("DEVICE north/soil-a1 NORMAL")

    whole = bus.ask(READ3)
    fault("SILENT", lambda f: f == b"")
    fault("SILENT COUNT 1", lambda f: f == b"" and good(bus.ask(READ3)))
    fault("SILENT FOR 200ms", lambda f: f == b"" and good(bus.ask(READ3)))
    fault("LOST", lambda f: f == b"")
    fault("LATE 100ms", lambda f: f == whole and
          0.117 < bus.times[0] < 0.2)
    fault("CRC wrong", lambda f: f[:-1] == whole[:-1] and f != whole)
    fault("CRC wrong EVERY 2", lambda f: good(f) and
          not good(bus.ask(READ3)) and good(bus.ask(READ3)))
    fault("FOREIGN unit 9", lambda f: good(f, 9) and f[1:-2] == whole[1:-2])
    fault("FOREIGN function 4", lambda f: good(f) and f[1] == 4)
    fault("EXCEPTION 6 COUNT 2", lambda f: f == rtu(1, "8306") and
          bus.ask(READ3) == rtu(1, "8306") and bus.ask(READ3) == whole)
    fault("EXCEPTION 4 ONCE", lambda f: f == rtu(1, "8304") and
          bus.ask(READ3) == whole)
    fault("HALF", lambda f: f == whole[:5])
    fault("DRIBBLE 20ms", lambda f: f == whole and
          0.19 < bus.times[-1] - bus.times[0] < 0.4)
    fault("PAUSE 60ms AFTER 4", lambda f: f == whole and
          0.045 < bus.times[4] - bus.times[3] < 0.2)
    fault("STRAY 00", lambda f: f == b"\0" + whole)
    fault("TRAIL 00 FF", lambda f: f == whole + b"\0\xff")
    fault("EXTRA", lambda f: good(f) and len(f) == 13 and f[2] == 8)
    fault("SHORT 2", lambda f: good(f) and len(f) == 7 and f[2] == 2)
    fault("SHORT", lambda f: good(f) and len(f) == 9)
    farm.do("LINE north ECHO on")
    tap.ok(bus.ask(READ3) == READ3 + whole, "ECHO on: request, then answer")
    farm.do("DEVICE north/valves-1 SILENT")
    on = rtu(20, "050002FF00")
    tap.ok(bus.ask(on) == on and bus.ask(rtu(20, "0100020001")) == rtu(
        20, "0100020001"), "ECHO on, nobody there: only the echo")
    farm.do("LINE north ECHO off")
    farm.do("DEVICE north/valves-1 NORMAL")
    farm.do("LINE north SILENT")
    tap.ok(bus.ask(READ3) == b"" and bus.ask(rtu(2, "0300000003")) == b"",
           "LINE SILENT: no device of it answers")
    farm.do("LINE north NORMAL")
    farm.do("LINE north NOISE FF 00 41")
    time.sleep(0.03)
    tap.ok(bus.s.read(10) == b"\xff\0A", "NOISE: bytes nobody asked for")
    farm.do("HOLE north/soil-a1 1")
    tap.ok(bus.ask(READ3) == rtu(1, "8302") and
           good(bus.ask(rtu(1, "0300000001"))), "HOLE: 02 where it is covered")
    farm.do("REGISTER north/soil-a1 holding 1 = 181")
    farm.do("DEVICE north/soil-a1 UNIT 33")
    tap.ok(bus.ask(READ3) == b"" and
           good(bus.ask(rtu(33, "0300000003")), 33), "UNIT: another address")
    farm.do("DEVICE north/soil-a1 UNIT 1")
    farm.do("DEVICE north/soil-a1 TURNAROUND 50ms")
    bus.ask(READ3)
    tap.ok(0.072 < bus.times[-1] < 0.12,
           "TURNAROUND: slower to answer")
    farm.do("DEVICE north/soil-a1 TURNAROUND 5ms")
    farm.do("RELEASE north/soil-a1")


def gone(tap, farm, bus, d):
    link = d + "/north.tty"
    before = os.readlink(link)
    farm.do("LINE north GONE FOR 500ms")
    tap.ok(not os.path.lexists(link), "GONE: the path is gone")
    try:
        bus.s.write(READ3)
        dead = bus.s.read(1) == b""
    except (OSError, serial.SerialException):
        dead = True
    tap.ok(dead, "GONE: the open port is dead")
    back = harness.wait_for(lambda: os.path.lexists(link), 3)
    bus.close()
    again = Bus(link)
    tap.ok(back and good(again.ask(READ3)),
           "GONE FOR: back under the same path (%s, then %s)" % (
               before, os.readlink(link)))
    return again


def tcp_faults(tap, farm, port):
    net = Net(port)
    farm.do("VALUE station/meter-1/flow = 26.25")
    farm.do("VALUE station/meter-1/total = 131071")
    pdu, body = "0300000004", bytes.fromhex("0308000041D2FFFF0001")
    whole = tcp(7, 1, "0308000041D2FFFF0001")

    def fault(statement, check):
        farm.do("DEVICE station/meter-1 " + statement)
        frame = net.ask(tcp(7, 1, pdu))
        result = check(frame)
        tap.ok(result, "tcp: %s%s" % (statement,
                                      "" if result else ": " + frame.hex()))
        farm.do("DEVICE station/meter-1 NORMAL")

    fault("NORMAL", lambda f: f == whole)
    fault("WRONG tid", lambda f: f == tcp(8, 1, body.hex()))
    fault("WRONG protocol", lambda f: f[:4] == b"\0\7\0\1" and
          f[4:] == whole[4:])
    fault("WRONG length", lambda f: f[5] == whole[5] + 4 and
          f[6:] == whole[6:])
    fault("FOREIGN unit 9", lambda f: f == tcp(7, 9, body.hex()))
    fault("EXTRA", lambda f: f[5] == whole[5] + 2 and len(f) ==
          len(whole) + 2)
    fault("SHORT", lambda f: f[5] == whole[5] - 2 and len(f) ==
          len(whole) - 2)
    fault("HALF", lambda f: f == whole[:len(whole) // 2])
    fault("DRIBBLE 20ms", lambda f: f == whole)
    fault("EXCEPTION 0x0B", lambda f: f == tcp(7, 1, "830B"))
    fault("SILENT", lambda f: f == b"")
    tap.ok(net.ask(tcp(7, 77, pdu)) == b"", "tcp: another unit is silent")
    farm.do("DEVICE station/meter-1 LATE 300ms ONCE")
    net.s.sendall(tcp(1, 1, pdu))
    first = net.ask(tcp(2, 1, pdu), 0.2)
    tap.ok(first[:2] == b"\0\2" and net.read(0.5)[:2] == b"\0\1",
           "tcp: LATE holds up that answer only")
    net.s.sendall(tcp(1, 1, pdu)[:5])
    time.sleep(0.05)
    tap.ok(net.ask(tcp(1, 1, pdu)[5:] + tcp(2, 5, pdu)).count(b"\3\10") == 2,
           "tcp: a request in two pieces, and one behind it")
    farm.do("DEVICE station/meter-1 DROP ONCE")
    try:
        dropped = net.ask(tcp(7, 1, pdu)) == b"<closed>"
    except ConnectionResetError:
        dropped = True
    tap.ok(dropped, "tcp: DROP resets the connection")
    net.close()
    farm.do("LINE station REFUSE FOR 400ms")
    try:
        Net(port).close()
        refused = False
    except ConnectionRefusedError:
        refused = True
    tap.ok(refused, "tcp: REFUSE refuses")

    def answers():
        try:
            n = Net(port)
        except OSError:
            return False
        try:
            return n.ask(tcp(7, 1, pdu)) == whole
        finally:
            n.close()
    tap.ok(harness.wait_for(answers, 3), "tcp: and takes connections again")
    net = Net(port)
    try:
        closed = net.ask(struct.pack(">HHHB", 1, 0, 9999, 1)) == b"<closed>"
    except ConnectionResetError:
        closed = True
    tap.ok(closed, "tcp: an impossible length closes the connection")
    net.close()


def serial_over_tcp(tap, farm, port):
    farm.do('LINE dtu GREET "REG:0001"')
    farm.do('DEVICE dtu/soil-b1 STRAY "PING" EVERY 3')
    farm.do("REGISTER dtu/soil-b1 holding 0 = 0x0104 0xFF9B")
    net = Net(port)
    ask, reply = rtu(7, "0300000002"), rtu(7, "03040104FF9B")
    tap.ok(net.read() == b"REG:0001", "serial over tcp: GREET")
    tap.ok(ask.hex() == "07030000000 2c46d".replace(" ", "") and
           reply.hex() == "0703040104ff9bdc55" and
           [net.ask(ask) for _ in range(3)] == [reply, reply,
                                                b"PING" + reply],
           "serial over tcp: serial frames, PING before every third")
    net.close()


def pymodbus(tap, farm, d, port):
    from pymodbus.client import ModbusSerialClient, ModbusTcpClient
    farm.do("REGISTER north/soil-a1 holding 0 = 231 0xFF9B 300")
    c = ModbusSerialClient(port=d + "/north.tty", baudrate=9600, timeout=1)
    c.connect()
    r = c.read_holding_registers(0, 3, slave=1)
    tap.ok(getattr(r, "registers", r) == [231, 65435, 300],
           "pymodbus reads the serial line")
    w = c.write_coils(0, [True, False, True], slave=20)
    r = c.read_coils(0, 8, slave=20)
    tap.ok(not w.isError() and r.bits == [1, 0, 1, 0, 0, 0, 0, 0],
           "pymodbus writes relays and reads them back")
    c.write_coils(0, [False] * 8, slave=20)
    w = c.write_registers(32, [0xFFFE], slave=1)
    tap.ok(not w.isError() and farm.get("north/soil-a1/offset") == -0.2,
           "pymodbus writes registers")
    tap.ok(c.read_input_registers(0, 1, slave=1).exception_code == 2,
           "pymodbus is told exception 02")
    c.close()
    farm.do("RELEASE north/soil-a1")
    c = ModbusTcpClient("127.0.0.1", port)
    c.connect()
    r = c.read_holding_registers(0, 4, slave=1)
    tap.ok(getattr(r, "registers", r) == [0, 0x41D2, 0xFFFF, 1],
           "pymodbus reads the TCP line")
    c.close()


def values(tap, farm, bus):
    point = "north/soil-a2/pulses"
    farm.do("VALUE %s = 131071" % point)
    farm.do("STEP %s BY 1 EVERY READ" % point)
    ask = rtu(2, "0300080002")
    seen = [struct.unpack(">I", bus.ask(ask)[3:7])[0] for _ in range(3)]
    tap.ok(seen == [131071, 131072, 131073], "STEP EVERY READ: %s" % seen)
    point = "north/soil-a2/moisture"
    farm.do("RAMP %s FROM 10 TO 20 OVER 500ms" % point)
    first = farm.get(point)
    tap.ok(first < 15 and harness.wait_for(
        lambda: farm.get(point) == 20, 3), "RAMP: %s, in the end 20" % first)
    farm.do("STEP %s BY -1.5 EVERY 100ms" % point)
    tap.ok(harness.wait_for(lambda: farm.get(point) <= 17, 3),
           "STEP EVERY 100ms")
    farm.do("VALUE %s = 55 FOR 300ms" % point)
    tap.ok(farm.get(point) == 55 and harness.wait_for(
        lambda: farm.get(point) < 40, 3), "VALUE FOR: then nature again")
    farm.do("VALUE north/valves-1/relay_3 = on")
    off = rtu(20, "0500020000")
    tap.ok(bus.ask(off) == off and
           bus.ask(rtu(20, "0100020001")) == rtu(20, "010101"),
           "a pinned relay acknowledges and stays on (C45)")
    farm.do("RELEASE north/valves-1/relay_3")
    tap.ok(bus.ask(off) == off and
           bus.ask(rtu(20, "0100020001")) == rtu(20, "010100"),
           "released, it closes")
    farm.do("VALUE north/valves-1/relay_5 = on FOR 200ms")
    tap.ok(farm.coils("north/valves-1")[4] == 1 and harness.wait_for(
        lambda: farm.coils("north/valves-1")[4] == 0, 3),
        "VALUE FOR of a relay: then as it was")
    bus.ask(rtu(20, "0502010003"))
    tap.ok(farm.do("COILS north/valves-1").startswith("0 1") and
           harness.wait_for(lambda: farm.do("COILS north/valves-1")
                            .startswith("0 0"), 2),
           "a relay told to flash closes by itself")
    tap.ok(farm.do("GET north/soil-a1 holding 0 3").count(" ") == 2,
           "GET of raw registers")


WAYS = """gateway: {{id: ways-test, clock: {{trust: system}}}}
lines:
  plain:
    transport: tcp
    devices:
      a: {{type: sim-probe, unit: 1, host: "127.0.0.1:{a}", every: 1s}}
      b: {{type: sim-probe, unit: 1, host: "127.0.0.1:{b}", every: 1s}}
  dial-in:
    transport: rtu_over_tcp
    listen: 0.0.0.0:{listen}
    devices:
      c: {{type: sim-probe, unit: 1, registration: "REG:1", every: 1s}}
      d: {{type: sim-probe, unit: 1, registration: "REG:2", every: 1s}}
"""


def ways(tap):
    """Devices with hosts of their own, and converters that dial."""
    with harness.tempdir() as d:
        farm, _, _ = start(d)
        ports = {n: harness.free_port() for n in ("a", "b", "listen")}
        with open(farm.site, "w") as f:
            f.write(WAYS.format(**ports))
        with socket.create_server(("127.0.0.1", ports["listen"])) as hall, \
                farm:
            for name, words in (("a", 11), ("b", 12)):
                farm.do("REGISTER plain/%s holding 0 = %d" % (name, words))
                net = Net(ports[name])
                tap.ok(net.ask(tcp(1, 1, "0300000001"))[-2:] ==
                       bytes([0, words]), "%s has a host of its own" % name)
                net.close()
            farm.do("REGISTER dial-in/c holding 0 = 13")
            farm.do("REGISTER dial-in/d holding 0 = 14")
            hall.settimeout(5)
            for _ in range(2):
                net = Net.__new__(Net)
                net.s = hall.accept()[0]
                said = net.read()
                got = net.ask(rtu(1, "0300000001"))
                tap.ok(got[3:5] == {b"REG:1": b"\0\x0d",
                                    b"REG:2": b"\0\x0e"}.get(said),
                       "a converter dials, says %s and answers" % said)
                net.close()
            tap.ok(hall.accept() is not None, "cut off, it dials again")


def tapped(tap):
    """The frames file, chance in lateness, and --exact."""
    with harness.tempdir() as d:
        farm, _, _ = start(d, frames=d + "/frames", exact=True)
        with farm:
            bus = Bus(d + "/north.tty")
            farm.do("DEVICE north/soil-a1 LATE 20ms TO 60ms")
            got = [bus.ask(READ3) for _ in range(20)]
            late = farm.stats()["lines"]["north"]["late_max_us"]
            bus.close()
        with open(d + "/frames") as f:
            frames = [json.loads(line) for line in f]
        ask, answer = frames[0::2], frames[1::2]
        tap.ok(len(frames) == 40 and
               all(x["direction"] == "request" and
                   x["bytes"] == READ3.hex().upper() for x in ask) and
               [x["bytes"] for x in answer] == [
                   x.hex().upper() for x in got] and
               all(x["line"] == "north" and "late_us" in x for x in answer),
               "--frames: each request and answer")
        ms = [(b["us"] - a["us"] - b["late_us"]) / 1000 - 28.44
              for a, b in zip(ask, answer)]
        tap.ok(19.9 < min(ms) < 40 < max(ms) < 60.1 and
               len(set(round(x, 1) for x in ms)) > 10,
               "LATE 20ms TO 60ms: %.1f to %.1f" % (min(ms), max(ms)))
        tap.ok(all(x["utc_us"] > 1.7e15 for x in frames) and
               late == max(x["late_us"] for x in answer),
               "their times, and the field's own lateness (%d us)" % late)


def refusals(tap, farm):
    for statement, expected in (
            ("SILENCE", "1: 'SILENCE' is no statement; write DEVICE"),
            ("DEVICE north/soil-a1 SILNT", "22: 'SILNT' is nothing that"),
            ("DEVICE north/soil-a9 SILENT", "8: there is no device"),
            ("DEVICE north/soil-a1 LATE 700", "27: '700' is no duration"),
            ("VALUE north/soil-a1/wet = 1", "7: there is no point"),
            ("VALUE north/soil-a1/moisture 1", "30: '1' stands where ="),
            ("DEVICE north/soil-a1 WRONG tid", "22: WRONG needs a TCP line"),
            ("DEVICE station/meter-1 CRC wrong", "24: CRC needs serial"),
            ("LINE north GONE FOR 5s now", "24: 'now' is too much"),
            ("AT 5s STRICT on", "1: AT and AFTER belong in a script")):
        said = farm.do(statement)
        tap.ok(expected in said, "refused: %s: %s" % (statement, said))


def scenarios(tap):
    """Every *.sim file beside the field is a script for its farm.yaml."""
    folder = os.path.join(harness.ROOT, "tests", "sim")
    with open(folder + "/farm.yaml") as f:
        site = f.read()
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".sim"):
            continue
        with harness.tempdir() as d, open(folder + "/" + name) as f:
            farm = harness.Farm(d, site.replace("1502", str(
                harness.free_port())).replace("1503", str(
                    harness.free_port())), script=f.read())
            try:
                farm.start()
                tap.ok(True, "scenario " + name)
            except RuntimeError as e:
                tap.ok(False, "scenario %s: %s" % (name, e))
            farm.stop()


def nature(tap):
    """A day in seconds: drip wets its probe, meters run."""
    with harness.tempdir() as d:
        with start(d, speed=3600, script="""
# the second probe is watered by relay 4
WET north/soil-a2 BY north/valves-1/relay_4
AT 300ms VALUE north/soil-a1/conductivity = 4321
AFTER 200ms RELEASE north/soil-a1/conductivity
""")[0] as farm:
            tap.ok(harness.wait_for(lambda: farm.get(
                "north/soil-a1/conductivity") == 4321, 3) and
                harness.wait_for(lambda: farm.get(
                    "north/soil-a1/conductivity") < 1000, 3),
                "a script keeps its times")
            bus = Bus(d + "/north.tty")
            before = [farm.get("north/soil-a%d/moisture" % i) for i in (1, 2)]
            flow = farm.get("station/meter-1/flow")
            total = farm.get("station/meter-1/total")
            bus.ask(rtu(20, "050003FF00"))
            wet = harness.wait_for(lambda: farm.get(
                "north/soil-a2/moisture") > before[1] + 2, 10)
            tap.ok(wet and farm.get("north/soil-a1/moisture") <
                   before[0] + 0.5, "an open valve wets its probe only")
            tap.ok(farm.get("station/meter-1/flow") > flow + 10,
                   "and the meter sees it flow")
            tap.ok(harness.wait_for(lambda: farm.get(
                "station/meter-1/total") > total, 10), "and counts")
            bus.ask(rtu(20, "0500030000"))
            at = farm.get("north/soil-a2/moisture")
            tap.ok(harness.wait_for(lambda: farm.get(
                "north/soil-a2/moisture") < at, 20), "closed, it dries")
            bus.close()


def endings(tap):
    with harness.tempdir() as d:
        farm, site, _ = start(d, script="DEVICE north/soil-a1 SILENT\n"
                              "AT 5 STRICT on\nAFTER 1s BLOW\n")
        r = subprocess.run(farm.args, capture_output=True, text=True,
                           timeout=10)
        tap.ok(r.returncode == 2 and "field.sim:2:4: " in r.stderr and
               "field.sim:3:10: " in r.stderr and "ready" not in r.stdout,
               "a wrong script: exit 2, every line with its column")
        farm, _, _ = start(d, where="192.0.2.50")
        r = subprocess.run(farm.args, capture_output=True, text=True,
                           timeout=10)
        tap.ok(r.returncode == 1 and "is not this machine" in r.stderr,
               "a host elsewhere: refused: " + r.stderr.strip())
        r = subprocess.run(farm.args[:1], capture_output=True, timeout=10)
        tap.ok(r.returncode == 2, "no options: exit 2")
        farm = start(d)[0].start()
        was = os.path.lexists(d + "/north.tty")
        farm.stop()
        tap.ok(was and farm.p.returncode == 0 and
               not os.path.lexists(d + "/north.tty") and
               not os.path.exists(farm.control),
               "SIGTERM: exit 0, nothing left behind")


def start(d, where="127.0.0.1", **kwargs):
    os.makedirs(d + "/profiles", exist_ok=True)
    for name, points in PROFILES.items():
        with open("%s/profiles/%s.yaml" % (d, name), "w") as f:
            f.write("profile: %s\nmaker: test\nmodel: test\nsource: this test"
                    "\npoints:%s" % (name, points))
    ports = {"tcp": harness.free_port(), "dtu": harness.free_port()}
    site = SITE.format(dir=d, **ports).replace(
        "host: 127.0.0.1", "host: " + where, 1)
    return harness.Farm(d, site, profiles=[d + "/profiles"], **kwargs), \
        site, ports


def main():
    tap = harness.Tap()
    with harness.tempdir() as d:
        farm, _, ports = start(d, truth=d + "/truth")
        with farm:
            bus = Bus(d + "/north.tty")
            plain(tap, farm, d, bus)
            exceptions(tap, bus)
            pace(tap, farm, bus)
            silence(tap, farm, bus, d)
            serial_faults(tap, farm, bus)
            bus = gone(tap, farm, bus, d)
            values(tap, farm, bus)
            bus.close()
            tcp_faults(tap, farm, ports["tcp"])
            serial_over_tcp(tap, farm, ports["dtu"])
            pymodbus(tap, farm, d, ports["tcp"])
            refusals(tap, farm)
    ways(tap)
    tapped(tap)
    scenarios(tap)
    nature(tap)
    endings(tap)
    tap.finish()


main()
