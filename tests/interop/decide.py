"""Feeders and sinks around one BGP speaker, for decide.test: they tell it what a seed says and note
what it tells them.

    decide.py drive SEED STEPS OUT     from the feeders' namespace; the speaker connects or listens
    decide.py compare NAME=FILE...     the first file against each other one

The same seed says the same whoever listens. After each step the tables of all are written as lines
"step receiver prefix attributes"; what differs between two speakers is a difference in choice or in
what is advertised. Every path carries community 64999:K, K being who told it, so the choice shows.
"""
import random
import selectors
import socket
import struct
import subprocess
import sys
import time

DUT, DUT_AS, DUT_ID = "10.0.0.1", 65000, "10.0.0.1"
PREFIXES = 60
# Name, address, AS, router id. Of e and i peers and reflector clients c; s* only listen.
PEERS = [
    ("e1", "10.0.0.11", 65101, "10.0.9.5"),
    ("e2", "10.0.0.12", 65101, "10.0.9.4"),
    ("e3", "10.0.0.13", 65102, "10.0.9.3"),
    ("e4", "10.0.0.14", 4200000001, "10.0.9.2"),
    ("i1", "10.0.0.21", DUT_AS, "10.0.9.9"),
    ("i2", "10.0.0.22", DUT_AS, "10.0.9.8"),
    ("c1", "10.0.0.31", DUT_AS, "10.0.9.7"),
    ("c2", "10.0.0.32", DUT_AS, "10.0.9.6"),
    ("se", "10.0.0.41", 65200, "10.0.9.21"),
    ("si", "10.0.0.42", DUT_AS, "10.0.9.22"),
    ("sc", "10.0.0.43", DUT_AS, "10.0.9.23"),
]
FEEDERS = 8
HOPS = ["10.9.%d.1" % n for n in range(1, 7)]  # 10.9.6.0/24 has no route
WELL_KNOWN = [0xFFFFFF01, 0xFFFFFF02, 0xFFFFFF03]  # no-export, no-advertise, local-as
SEQUENCE, SET = 2, 1


def ip(text):
    return socket.inet_aton(text)


# --- what is told ---------------------------------------------------------------------------------


def attribute(flags, code, value):
    if len(value) > 255:
        return struct.pack("!BBH", flags | 16, code, len(value)) + value
    return struct.pack("!BBB", flags, code, len(value)) + value


def as_path(segments):
    out = b""
    for kind, members in segments:
        out += struct.pack("!BB", kind, len(members)) + b"".join(struct.pack("!I", a) for a in members)
    return out


def some_path(rng, own):
    """A short path, so that many are of one length; now and then sets, loops and repetitions."""
    ases = [rng.choice([65301, 65302, 65303, 65101, 65102, 4200000009]) for _ in range(rng.choice([0, 1, 1, 2]))]
    if rng.random() < 0.1:
        ases += [ases[-1]] if ases else [65301]
    if rng.random() < 0.04:
        ases.append(DUT_AS)
    if rng.random() < 0.03:
        ases.append(65200)
    segments = [(SEQUENCE, own + ases)] if own + ases else []
    if segments and rng.random() < 0.15:
        segments.append((SET, sorted(rng.sample([65401, 65402, 65403], 2))))
        if rng.random() < 0.3:
            segments.append((SEQUENCE, [65501]))
    return segments


def some_attributes(rng, k, name, peer_as):
    internal = peer_as == DUT_AS
    out = attribute(0x40, 1, bytes([rng.choice([0, 0, 0, 1, 2])]))
    out += attribute(0x40, 2, as_path(some_path(rng, [] if internal else [peer_as])))
    out += attribute(0x40, 3, ip(rng.choice(HOPS[:5] if rng.random() < 0.9 else HOPS)))
    if rng.random() < 0.5:
        out += attribute(0x80, 4, struct.pack("!I", rng.choice([0, 10, 20])))
    if internal or rng.random() < 0.1:
        out += attribute(0x40, 5, struct.pack("!I", rng.choice([100, 100, 100, 100, 90, 200])))
    if rng.random() < 0.05:
        out += attribute(0x40, 6, b"")
    if rng.random() < 0.05:
        out += attribute(0xC0, 7, struct.pack("!I", 65301) + ip("10.0.9.99"))
    values = [64999 << 16 | k, 65000 << 16 | rng.randrange(3)]
    if rng.random() < 0.12:
        values.append(rng.choice(WELL_KNOWN))
    out += attribute(0xC0, 8, b"".join(struct.pack("!I", c) for c in sorted(values)))
    if internal and rng.random() < 0.5:  # FRR takes them from external peers as well
        origin = DUT_ID if rng.random() < 0.05 else "10.0.8.%d" % rng.randrange(1, 4)
        clusters = ["10.0.7.%d" % rng.randrange(1, 9) for _ in range(rng.randrange(1, 4))]
        if name[0] == "c" and rng.random() < 0.1:  # BIRD looks at what clients say only
            clusters.append(DUT_ID)
        out += attribute(0x80, 9, ip(origin))
        out += attribute(0x80, 10, b"".join(ip(c) for c in clusters))
    if rng.random() < 0.2:
        out += attribute(0xC0, 16, bytes([0, 2]) + struct.pack("!HI", 65000, rng.randrange(9)))
    if rng.random() < 0.2:
        out += attribute(0xC0, 32, struct.pack("!III", 65000, 1, rng.randrange(9)))
    if rng.random() < 0.05:
        out += attribute(0xC0, 99, b"what")  # not known to anybody: passed on as partial
    if rng.random() < 0.03:
        out += attribute(0x80, 98, b"gone")  # not known and not transitive
    return out


def message(kind, body):
    return b"\xff" * 16 + struct.pack("!HB", 19 + len(body), kind) + body


def nlri(prefix, bits):
    return bytes([bits]) + ip(prefix)[: (bits + 7) // 8]


def announcement(attributes, where):
    return message(2, struct.pack("!HH", 0, len(attributes)) + attributes + where)


def withdrawal(where):
    return message(2, struct.pack("!H", len(where)) + where + b"\0\0")


def step(rng, sessions, n):
    """One round of changes, and a mark from each feeder to know when it is through."""
    for k, s in enumerate(sessions[:FEEDERS]):
        out = b""
        for p in range(PREFIXES):
            where = nlri("10.%d.%d.0" % (100 + p // 200, p), 24)
            dice = rng.random()
            if n == 0 and dice < 0.6 or n > 0 and dice < 0.15:
                out += announcement(some_attributes(rng, k, s.name, s.peer_as), where)
            elif n > 0 and dice > 0.85:
                out += withdrawal(where)
        mark = attribute(0x40, 1, b"\0")
        mark += attribute(0x40, 2, as_path([] if s.peer_as == DUT_AS else [(SEQUENCE, [s.peer_as])]))
        mark += attribute(0x40, 3, ip(HOPS[0]))
        if s.peer_as == DUT_AS:
            mark += attribute(0x40, 5, struct.pack("!I", 100))
        mark += attribute(0xC0, 8, struct.pack("!I", 64999 << 16 | k))
        s.send(out + announcement(mark, nlri("172.20.%d.%d" % (k, n), 32)))


# --- what is heard --------------------------------------------------------------------------------


def pairs(value):
    return "+".join(sorted("%d:%d" % struct.unpack_from("!HH", value, i) for i in range(0, len(value), 4)))


def addresses(value):
    return "+".join(socket.inet_ntoa(value[i : i + 4]) for i in range(0, len(value), 4))


def path_text(value):
    out, at = [], 0
    while at < len(value):
        kind, n = value[at], value[at + 1]
        members = struct.unpack_from("!%dI" % n, value, at + 2)
        at += 2 + 4 * n
        text = " ".join(map(str, sorted(members) if kind == SET else members))
        out.append("{%s}" % text if kind == SET else text)
    return " ".join(out).replace(" ", "_")


SHOWN = {
    1: ("origin", lambda v: str(v[0])),
    2: ("path", path_text),
    3: ("nh", lambda v: "self" if v == ip(DUT) else addresses(v)),
    4: ("med", lambda v: str(struct.unpack("!I", v)[0])),
    5: ("lp", lambda v: str(struct.unpack("!I", v)[0])),
    8: ("comm", pairs),
    9: ("orig", addresses),
    10: ("clus", addresses),
}


def heard(attributes):
    found, at = {}, 0
    while at < len(attributes):
        flags, code = attributes[at], attributes[at + 1]
        size = struct.unpack_from("!H", attributes, at + 2)[0] if flags & 16 else attributes[at + 2]
        at += 4 if flags & 16 else 3
        value = attributes[at : at + size]
        at += size
        name, text = SHOWN.get(code, ("a%d" % code, lambda v: v.hex() + ("+partial" if flags & 32 else "")))
        found[code] = "%s=%s" % (name, text(value))
    return " ".join(found[c] for c in sorted(found))


class Session:
    def __init__(self, name, address, peer_as, router_id):
        self.name, self.address, self.peer_as, self.router_id = name, address, peer_as, router_id
        self.table, self.got, self.up, self.changed, self.eor = {}, b"", False, 0.0, False
        self.sock = None

    def connect(self):
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((self.address, 0))
        s.settimeout(2)
        try:
            s.connect((DUT, 179))
        except OSError:
            s.close()
            return False
        self.sock, self.got = s, b""
        caps = b"".join(
            bytes([2, 2 + len(v), c, len(v)]) + v
            for c, v in [(1, b"\0\1\0\1"), (2, b""), (65, struct.pack("!I", self.peer_as))]
        )
        two = self.peer_as if self.peer_as < 65536 else 23456
        self.send(message(1, struct.pack("!BHH", 4, two, 600) + ip(self.router_id) + bytes([len(caps)]) + caps))
        self.send(message(4, b""))
        return True

    def send(self, octets):
        self.sock.settimeout(20)
        self.sock.sendall(octets)

    def read(self):
        more = self.sock.recv(65536)
        if not more:
            raise OSError("%s: closed" % self.name)
        self.got += more
        while len(self.got) >= 19:
            size, kind = struct.unpack_from("!HB", self.got, 16)
            if len(self.got) < size:
                break
            body, self.got = self.got[19:size], self.got[size:]
            self.take(kind, body)

    def take(self, kind, body):
        if kind == 3:
            raise OSError("%s: notification %s" % (self.name, body.hex()))
        if kind == 4 and not self.up:
            self.up = True
        if kind != 2:
            return
        self.changed = time.monotonic()
        gone = struct.unpack_from("!H", body)[0]
        size = struct.unpack_from("!H", body, 2 + gone)[0]
        attributes = body[4 + gone : 4 + gone + size]
        for prefix in prefixes(body[2 : 2 + gone]):
            self.table.pop(prefix, None)
        for prefix in prefixes(body[4 + gone + size :]):
            self.table[prefix] = heard(attributes)


def prefixes(octets):
    at = 0
    while at < len(octets):
        bits = octets[at]
        n = (bits + 7) // 8
        yield "%s/%d" % (socket.inet_ntoa((octets[at + 1 : at + 1 + n] + b"\0\0\0\0")[:4]), bits)
        at += 1 + n


def serve(sessions, done, limit):
    """Reads until done() or, at the latest, for so many seconds."""
    with selectors.DefaultSelector() as sel:
        for s in sessions:
            sel.register(s.sock, selectors.EVENT_READ, s)
        end = time.monotonic() + limit
        while not done():
            if time.monotonic() > end:
                return False
            for key, _ in sel.select(0.05):
                key.data.read()
    return True


def costs(rng):
    """New IGP costs of some next hops, in the namespace of the speaker."""
    for hop in rng.sample(HOPS[:5], 2):
        yield hop.rsplit(".", 1)[0] + ".0/24", rng.choice([10, 20, 30])


def drive(seed, steps, out, netns):
    rng = random.Random(seed)
    sessions = [Session(*p) for p in PEERS]
    end = time.monotonic() + 120
    for s in sessions:
        while not s.connect():
            if time.monotonic() > end:
                sys.exit("%s: no connection" % s.name)
            time.sleep(0.2)
    if not serve(sessions, lambda: all(s.up for s in sessions), 120):
        sys.exit("not up: %s" % [s.name for s in sessions if not s.up])
    client = sessions[-1]
    with open(out, "w") as text:
        for n in range(steps):
            step(rng, sessions, n)
            moved = n > 0 and seed % 2 == 1
            for prefix, cost in costs(rng) if moved else []:
                subprocess.run(["ip", "-n", netns, "route", "del", prefix], check=True)
                subprocess.run(
                    ["ip", "-n", netns, "route", "add", prefix, "via", "10.0.0.200", "metric", str(cost)], check=True
                )
            told = time.monotonic()
            marks = ["172.20.%d.%d/32" % (k, n) for k in range(FEEDERS)]
            silence = 3.0 if moved else 1.5  # no mark says that the new costs have been seen
            quiet = lambda: all(m in client.table for m in marks) and time.monotonic() > silence + max(
                [told] + [s.changed for s in sessions]
            )
            if not serve(sessions, quiet, 120):
                sys.exit("step %d: not quiet: %s" % (n, [m for m in marks if m not in client.table]))
            for k, s in enumerate(sessions):
                for prefix, line in sorted(s.table.items()):
                    if "64999:%d" % k not in line.split("comm=")[1].split()[0].split("+"):
                        text.write("%d %s %s %s\n" % (n, s.name, prefix, line))


# --- the comparison -------------------------------------------------------------------------------


def load(name):
    with open(name) as text:
        return {tuple(line.split()[:3]): line.split(None, 3)[3].strip() for line in text}


def usual(name, line):
    """Habits that are no difference in choice."""
    if name == "frr":  # tells internal peers of a MED that it has not been told
        line = line.replace("med=0 ", "")
    return line


def compare(named):
    tables = [(pair.split("=")[0], load(pair.split("=")[1])) for pair in named]
    first, ours = tables[0]
    bad = 0
    for name, theirs in tables[1:]:
        for key in sorted(set(ours) | set(theirs), key=lambda k: (int(k[0]), k)):
            if usual(name, ours.get(key, "nothing")) != usual(name, theirs.get(key, "nothing")):
                bad += 1
                print("%s\n  %-6s %s\n  %-6s %s" % (" ".join(key), first, ours.get(key), name, theirs.get(key)))
    print("%d lines, %d differ" % (len(ours), bad))
    return 1 if bad or not ours else 0


if __name__ == "__main__":
    if sys.argv[1] == "drive":
        drive(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5])
    else:
        sys.exit(compare(sys.argv[2:]))
