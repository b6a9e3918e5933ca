"""A host and sessions on it for the tests of this folder: the control protocol spoken directly, so
that every answer is known to be the answer to its line."""
import os
import re
import select
import socket
import sqlite3
import struct
import subprocess

with open(os.path.join(os.path.dirname(os.path.realpath(__file__)), "../../engine/proto.h"),
          encoding="ascii") as f:
    VERSION = int(re.search(r"PROTO_VERSION (\d+)", f.read())[1])
HELLO, LINE, EOF = 1, 2, 7
WELCOME, REFUSED, PROMPT, OUT, DIAG, BYE = 64, 65, 66, 67, 68, 72


class Host:
    """vrpsh --host in the foreground; run is what stands before it on its command line,
    HOST_RUN in the environment what stands before that."""

    def __init__(self, vrpsh, db, log, run=(), env=None, port=17921, listen="127.0.0.1"):
        r, w = os.pipe()
        self.db = db
        self.log = open(log, "ab")
        where = ["--listen", listen] if listen else []
        self.p = subprocess.Popen(
            [*os.environ.get("HOST_RUN", "").split(), *run, vrpsh, "--host", "-d", db, *where, "--bgp-port", str(port), "--ready-fd",
             str(w)], pass_fds=[w], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=self.log, env={**os.environ, **(env or {})})
        os.close(w)
        ready = select.select([r], [], [], 120)[0] and os.read(r, 600)
        os.close(r)
        if ready != b"\0":
            raise RuntimeError(f"the host does not start: {ready}")

    def alive(self):
        return self.p.poll() is None

    def idle(self):
        """None of its threads is at work or waits for a processor."""
        for task in os.listdir(f"/proc/{self.p.pid}/task"):
            try:
                with open(f"/proc/{self.p.pid}/task/{task}/stat", encoding="ascii") as f:
                    if f.read().rpartition(") ")[2][0] in "RD":
                        return False
            except FileNotFoundError:
                pass
        return True

    def fds(self):
        return len(os.listdir(f"/proc/{self.p.pid}/fd"))

    def resident_kb(self):
        with open(f"/proc/{self.p.pid}/status", encoding="ascii") as f:
            return next(int(line.split()[1]) for line in f if line.startswith("VmRSS"))

    def end(self):
        if self.alive():
            self.p.terminate()
        code = self.p.wait(timeout=120)
        self.log.close()
        return code


class Lost(Exception):
    """The host has ended the connection."""


class Session:
    """A terminal as far as the host can tell. say() gives what came back for a line."""

    def __init__(self, db, patience=120):
        self.patience = patience
        self.buf = b""
        self.s = socket.socket(socket.AF_UNIX)
        self.s.connect(db + ".sock")
        self.s.settimeout(patience)
        tty = b"test/0"
        self.put(HELLO, struct.pack(">HBHH", VERSION, 1, 0, 80) + struct.pack(">I", len(tty)) + tty +
                 struct.pack(">I", 0))
        self.greeting = self.answer()
        self.say("screen-length 0 temporary")

    def put(self, kind, body=b""):
        self.s.sendall(struct.pack(">IB", len(body) + 1, kind) + body)

    def frame(self):
        while len(self.buf) < 4 or len(self.buf) < 4 + struct.unpack_from(">I", self.buf)[0]:
            got = self.s.recv(1 << 16)
            if not got:
                raise Lost()
            self.buf += got
        n = struct.unpack_from(">I", self.buf)[0]
        kind, body, self.buf = self.buf[4], self.buf[5:4 + n], self.buf[4 + n:]
        return kind, body

    def answer(self):
        """Text and diagnostics up to the next prompt; the prompt itself is kept in .prompt."""
        out = ""
        while True:
            kind, body = self.frame()
            if kind == OUT:
                out += body[5:].decode()
            elif kind == DIAG:
                out += body[13:].decode() + "\n"
            elif kind == PROMPT:
                n = struct.unpack_from(">I", body, 3)[0]
                self.prompt = body[7:7 + n].decode()
                return out
            elif kind == REFUSED:
                raise Lost(body[4:].decode())
            elif kind == BYE:
                raise Lost()

    def say(self, line):
        self.put(LINE, struct.pack(">I", len(line)) + line.encode())
        return self.answer()

    def lose(self):
        self.s.close()


def whole(path):
    """Integrity, and the history replayed from nothing is running; else an AssertionError."""
    db = sqlite3.connect(path)
    try:
        check = db.execute("PRAGMA integrity_check").fetchall()
        assert check == [("ok",)], check
        state = {}
        for key, old, new in db.execute("SELECT key,old,new FROM change ORDER BY commit_id,key"):
            assert state.get(key) == old, f"history says {old}, had {state.get(key)}"
            if new is None:
                del state[key]
            else:
                state[key] = new
        running = dict(db.execute("SELECT key,text FROM running"))
        assert state == running, "history replayed is not running"
    finally:
        db.close()
