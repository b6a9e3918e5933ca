"""A BGP speaker for the tests of this folder: says what it is told to, records what it is sent."""
import select
import socket
import struct
import time

MARK = b"\xff" * 16
OPEN, UPDATE, NOTIFICATION, KEEPALIVE, REFRESH = range(1, 6)
IPV4, VPNV4 = (1, 1), (1, 128)


def message(kind, body=b""):
    return MARK + struct.pack("!HB", 19 + len(body), kind) + body


def attribute(kind, body, flags=0x40):
    return struct.pack("!BBH", flags | 0x10, kind, len(body)) + body


def prefix(text):
    net, bits = text.split("/")
    return bytes([int(bits)]) + socket.inet_aton(net)[:(int(bits) + 7) // 8]


def path(*ases):
    return struct.pack("!BB", 2, len(ases)) + struct.pack(f"!{len(ases)}I", *ases) if ases else b""


def announce(prefixes, ases, next_hop, more=b""):
    attrs = (attribute(1, b"\0") + attribute(2, path(*ases)) +
             attribute(3, socket.inet_aton(next_hop)) + more)
    return message(UPDATE, struct.pack("!HH", 0, len(attrs)) + attrs +
                   b"".join(prefix(p) for p in prefixes))


def announce_vpn(routes, ases, next_hop, more=b""):
    """routes: (label, route distinguisher, prefix)."""
    nlri = b""
    for label, rd, net in routes:
        p = prefix(net)
        nlri += bytes([88 + p[0]]) + struct.pack("!I", label << 4 | 1)[1:] + rd + p[1:]
    mp = struct.pack("!HBB", 1, 128, 12) + bytes(8) + socket.inet_aton(next_hop) + b"\0" + nlri
    attrs = attribute(1, b"\0") + attribute(2, path(*ases)) + attribute(14, mp, 0x80) + more
    return message(UPDATE, struct.pack("!HH", 0, len(attrs)) + attrs)


def nlri_of(data, vpn=False):
    """[(key, label)] of the prefixes."""
    out = []
    while data:
        n = 1 + (data[0] + 7) // 8
        if vpn:
            out.append(((data[0],) + (data[4:n],), data[1:4]))
        else:
            out.append(((data[0],) + (data[1:n],), b""))
        data = data[n:]
    return out


def decode(body):
    """(announced: {(family, key): (attributes, label)}, withdrawn: [(family, key)])"""
    n = struct.unpack_from("!H", body)[0]
    withdrawn = [(IPV4, key) for key, _ in nlri_of(body[2:2 + n])]
    m = struct.unpack_from("!H", body, 2 + n)[0]
    raw, nlri = body[4 + n:4 + n + m], body[4 + n + m:]
    attrs, announced = {}, {}
    while raw:
        long = raw[0] & 0x10
        size = struct.unpack_from("!H", raw, 2)[0] if long else raw[2]
        at = 4 if long else 3
        attrs[raw[1]] = raw[at:at + size]
        raw = raw[at + size:]
    reach, unreach = attrs.pop(14, None), attrs.pop(15, None)
    if unreach is not None:
        family = struct.unpack_from("!HB", unreach)
        withdrawn += [(family, key) for key, _ in nlri_of(unreach[3:], family[1] == 128)]
    if nlri:
        kept = tuple(sorted(attrs.items()))
        announced.update({(IPV4, key): (kept, label) for key, label in nlri_of(nlri)})
    if reach is not None:
        family = struct.unpack_from("!HB", reach)
        hop = reach[4:4 + reach[3]]
        kept = tuple(sorted({**attrs, 3: hop}.items()))
        announced.update({(family, key): (kept, label) for key, label in
                          nlri_of(reach[5 + reach[3]:], family[1] == 128)})
    return announced, withdrawn


class Peer:
    """Connects from its address, as often as it must; step() does what can be done now."""

    def __init__(self, name, source, host, port, asn, hold=180, families=(IPV4, VPNV4), says=()):
        self.name, self.source, self.to, self.asn = name, source, (host, port), asn
        self.hold, self.families, self.says = hold, families, says
        self.sock, self.up, self.data, self.out = None, False, b"", b""
        self.ups, self.heard, self.table, self.record, self.told = 0, 0, {}, [], 0
        self.retry = 0
        self.notifications = []

    def opening(self):
        caps = b"".join(bytes([1, 4]) + struct.pack("!HBB", f[0], 0, f[1]) for f in self.families)
        caps += b"\x02\x00" + b"\x41\x04" + struct.pack("!I", self.asn)
        short = self.asn if self.asn < 65536 else 23456
        params = bytes([2, len(caps)]) + caps
        return message(OPEN, struct.pack("!BHH", 4, short, self.hold) +
                       socket.inet_aton(self.source) + bytes([len(params)]) + params)

    def down(self):
        if self.sock:
            self.sock.close()
        self.sock, self.up, self.data, self.out = None, False, b"", b""
        self.table = {}
        self.record.append(None)  # a reset
        self.retry = time.monotonic() + 0.1

    def connect(self):
        if time.monotonic() < self.retry:
            return
        self.sock = socket.socket()
        self.sock.bind((self.source, 0))
        self.sock.settimeout(2)
        try:
            self.sock.connect(self.to)
            self.sock.setblocking(False)
            self.out = self.opening()
        except OSError:
            self.sock.close()
            self.sock, self.retry = None, time.monotonic() + 0.1

    def send(self, data):
        self.out += data

    def flush(self):
        try:
            while self.out:
                self.out = self.out[self.sock.send(self.out):]
        except BlockingIOError:
            pass
        except OSError:
            self.down()

    def take(self, kind, body):
        self.heard = time.monotonic()
        if kind == OPEN:
            self.send(message(KEEPALIVE))
        elif kind == KEEPALIVE and not self.up:
            self.up = True
            self.ups += 1
            for m in self.says:
                self.send(m)
            for family in self.families:
                self.send(message(UPDATE, b"\0\0\0\0") if family == IPV4 else message(
                    UPDATE, struct.pack("!HH", 0, 6) + b"\x80\x0f\x03" + struct.pack("!HB", *family)))
        elif kind == NOTIFICATION:
            self.notifications.append(body[:2])
        elif kind == REFRESH:
            for m in self.says:
                self.send(m)
        elif kind == UPDATE:
            announced, withdrawn = decode(body)
            self.record.append((announced, withdrawn))
            for key in withdrawn:
                self.table.pop(key, None)
            self.table.update(announced)

    def step(self):
        if not self.sock:
            self.connect()
            if not self.sock:
                return
        now = time.monotonic()
        if self.up and now - self.told > self.hold / 4:
            self.told = now
            self.send(message(KEEPALIVE))
        self.flush()
        if not self.sock:
            return
        try:
            while self.sock:
                got = self.sock.recv(1 << 18)
                if not got:
                    self.down()
                    return
                self.data += got
                while len(self.data) >= 19:
                    size, kind = struct.unpack_from("!HB", self.data, 16)
                    if len(self.data) < size:
                        break
                    body, self.data = self.data[19:size], self.data[size:]
                    self.take(kind, body)
        except BlockingIOError:
            pass
        except OSError:
            self.down()
        if self.sock:
            self.flush()


def serve(peers, seconds, until=lambda: False):
    """Lets the peers do their work for so long, or until something is true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for p in peers:
            p.step()
        if until():
            return True
        socks = [p.sock for p in peers if p.sock]
        select.select(socks, [], [], 0.02)
    return until()
