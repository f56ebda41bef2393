"""What the demo shows: a table that is drawn again each second in a terminal,
or plain lines where there is none. Works without colours, without UTF-8 and
in narrow windows; nothing wider than the window is written."""
import os
import re
import shutil
import sys
import unicodedata

BAR = 20


def is_terminal():
    return sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def has_utf8():
    for key in ("LC_ALL", "LC_CTYPE", "LANG"):
        if os.environ.get(key):
            return "utf" in os.environ[key].lower()
    return False


def cells(c):
    if unicodedata.combining(c):
        return 0
    return 2 if unicodedata.east_asian_width(c) in "WF" else 1


def width(text):
    return sum(map(cells, text))


def fit(text, room):
    """The text in exactly `room` cells."""
    used, out = 0, ""
    for c in text:
        if used + cells(c) > room:
            break
        out += c
        used += cells(c)
    return out + " " * (room - used)


def fit_left(text, room):
    """The same, but what is cut is the beginning: names end in the point."""
    return fit(text if width(text) <= room else ".." + text[2 - room:], room)


def age(ms):
    if ms is None:
        return "-"
    s = ms / 1000
    return "%.1f s" % s if s < 10 else "%d s" % s if s < 120 else \
        "%d min" % (s // 60)


def bar(value, utf8, room=BAR):
    """0 to 50 % in at most so many cells; no room, no bar."""
    if value is None or room < 4:
        return ""
    room = min(room, BAR)
    n = round(min(max(value, 0), 50) / 50 * room)
    full, empty = ("█", "░") if utf8 else ("#", ".")
    return full * n + empty * (room - n)


def is_moisture(p):
    return p["point"].endswith("/moisture") and isinstance(p["value"], (int, float))


def rows(points, utf8):
    """(point, value, unit, age, quality, moisture or None) of each; the relays
    of a board share a row."""
    out, boards = [], {}
    for p in points:
        m = re.fullmatch(r"(.*/relay_)(\d+)", p["point"])
        if m:
            if m.group(1) not in boards:
                boards[m.group(1)] = []
                out.append(m.group(1))
            boards[m.group(1)].append((int(m.group(2)), p))
            continue
        value = p["value"]
        shown = "-" if value is None else "%.6g" % value \
            if isinstance(value, float) else str(value)
        out.append((p["point"], shown, p.get("unit") or "", age(p["age_ms"]),
                    " ".join(x for x in (p.get("quality") or "not read yet",
                                         p.get("reason") or "")
                             if x not in ("", "none")),
                    value if is_moisture(p) else None))
    for i, row in enumerate(out):
        if isinstance(row, str):
            relays = sorted(boards[row])
            on = {True: "●", False: "○", None: "?"} if utf8 else \
                {True: "1", False: "0", None: "?"}
            states = "".join(on[None if p["value"] is None else
                                p["value"] in (1, True, "on")]
                             for _, p in relays)
            last = relays[-1][1]
            out[i] = ("%s%d-%d" % (row, relays[0][0], relays[-1][0]), states,
                      "", age(last["age_ms"]), last.get("quality") or "", None)
    return by_weight(out)


def by_weight(table):
    """Where the window is short, moisture is seen first, then the first two
    points of each device."""
    seen, weight = {}, {}
    for r in table:
        device = r[0].rpartition("/")[0]
        seen[device] = seen.get(device, 0) + 1
        weight[r[0]] = 0 if r[0].endswith("/moisture") else \
            1 if seen[device] <= 2 else 2
    return sorted(table, key=lambda r: weight[r[0]])


def uplink_words(u):
    words = "%s: %s" % (u["name"], u["state"])
    if u.get("backlog"):
        words += ", %d not yet acknowledged" % u["backlog"]
    why = u.get("text") if u["state"] != "online" else ""
    return words + (" (%s)" % why if why else "")


def state_lines(now):
    status = now["status"] or {}
    out = ["store    %d readings, %d events" % now["stored"],
           "broker   %d messages, %d readings" % (now["messages"],
                                                  now["heard"])]
    if now["away"] is not None:
        out[-1] += "; stopped, back in %d s" % now["away"]
    for u in status.get("uplinks", []):
        out.append("uplink   " + uplink_words(u))
    out.append("lines    " + ", ".join(
        "%s: %s%s" % (x["name"], x["state"], " (%d restarts)" % x["restarts"]
                      if x["restarts"] else "")
        for x in status.get("lines", [])) if status else
        "gateway  does not answer")
    return out


def title(now, utf8):
    s = now["status"] or {}
    name = s.get("name") if utf8 else s.get("gateway")
    return "gatewayd %s  %s  %d s" % (s.get("version", ""), name or "",
                                      now["seconds"])


class Plain:
    """A line for each point that has a new value, and a line of counts."""

    def __init__(self):
        self.said, self.hinted = {}, False

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        sys.stdout.flush()

    def draw(self, now, hints):
        utf8 = has_utf8()
        for r in rows(now["points"], utf8):
            if self.said.get(r[0]) != r[1]:
                self.said[r[0]] = r[1]
                self.say("%-32s %12s %-8s %-8s %s" % (r[0], r[1], r[2],
                                                      r[4],
                                                      bar(r[5], utf8)))
        self.say("-- %d s: %s" % (now["seconds"], "; ".join(
            re.sub(r"  +", " ", x) for x in state_lines(now))))
        if not self.hinted and now["points"]:
            self.hinted = True
            for what, command in hints:
                self.say("   %s:  %s" % (what, command))
        sys.stdout.flush()

    def say(self, text):
        text = text.rstrip()
        if not has_utf8():
            text = text.encode("ascii", "replace").decode()
        print(text)


class Live:
    """Drawn over itself each second, within the window."""

    def __init__(self):
        self.colour = "NO_COLOR" not in os.environ
        self.utf8 = has_utf8()

    def __enter__(self):
        self.write("\033[?25l\033[2J")
        return self

    def __exit__(self, *exc):
        self.write("\033[?25h\n")

    def write(self, text):
        if not self.utf8:
            text = text.encode("ascii", "replace").decode()
        sys.stdout.write(text)
        sys.stdout.flush()

    def paint(self, text, code):
        return "\033[%sm%s\033[0m" % (code, text) if self.colour else text

    def point_line(self, r, columns, name_room):
        narrow = columns < 72
        line = "%s %s %s" % (fit_left(r[0], name_room), r[1].rjust(10),
                             fit(r[2], 6))
        if not narrow:
            line += " " + r[3].rjust(7)
        if r[5] is None:
            line += "  " + r[4]
        else:
            line += "  " + fit(r[4], 4) + " "
            line += bar(r[5], self.utf8, columns - width(line))
        line = fit(line, columns)
        return line if r[4].startswith("good") else self.paint(line, "31")

    def draw(self, now, hints):
        columns, height = shutil.get_terminal_size((80, 24))
        columns -= 1
        table = rows(now["points"], self.utf8)
        below = [""] + state_lines(now) + ["", "In another terminal:"]
        tries = ["  %s\n    %s" % h for h in hints]
        tries = [x for t in tries for x in t.split("\n")]
        # Commands must be whole to be pasted: they may wrap.
        wrapped = sum(1 + max(0, width(x) - 1) // columns for x in tries)
        room = height - 3 - len(below) - wrapped
        if room < 6:        # a short window: the table and one command
            tries = tries[:2]
            room = height - 3 - len(below) - sum(
                1 + max(0, width(x) - 1) // columns for x in tries)
        room = max(room, 3)
        narrow = columns < 72
        name_room = min(max([width(r[0]) for r in table] + [20]),
                        max(columns - (36 if narrow else 54), 12))
        out = [self.paint(fit(title(now, self.utf8) + "  (Ctrl-C ends it)",
                              columns), "1"),
               self.paint(fit("%s %10s %-6s%s  %s" % (
                   fit("POINT", name_room), "VALUE", "UNIT",
                   "" if narrow else "     AGE", "QUALITY"), columns), "2")]
        shown = table if len(table) <= room else table[:room - 1]
        out += [self.point_line(r, columns, name_room) for r in shown]
        if len(shown) < len(table):
            out.append(fit("... and %d more" % (len(table) - len(shown)),
                           columns))
        out += [fit(x, columns) for x in below] + tries
        self.write("\033[H" + "".join(x + "\033[K\n" for x in out)[:-1] +
                   "\033[J")
