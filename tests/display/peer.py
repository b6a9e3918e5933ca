#!/usr/bin/env python3
"""A BGP peer that says what it is told to.

peer.py SOURCE HOST PORT AS ROUTER-ID UPDATE...

Connects from SOURCE, opens a session in IPv4 unicast and VPNv4, sends each UPDATE (its body in hex,
blanks ignored), an End-of-RIB, writes "ready" and stays until standard input ends. With an AS it
does not expect of us, the speaker's NOTIFICATION is written and ends it.
"""
import select
import socket
import struct
import sys
import time

MARK = b"\xff" * 16


def message(kind, body=b""):
    return MARK + struct.pack("!HB", 19 + len(body), kind) + body


def opening(asn, router_id):
    caps = bytes.fromhex("010400010001" + "010400010080" + "0200") + b"\x41\x04" + struct.pack("!I", asn)
    params = bytes([2, len(caps)]) + caps
    short = asn if asn < 65536 else 23456
    return message(1, struct.pack("!BHH", 4, short, 180) + socket.inet_aton(router_id) +
                   bytes([len(params)]) + params)


def messages(sock, data=b""):
    """Waits for whole messages; yields (type, body)."""
    while True:
        more = sock.recv(65536)
        if not more:
            return
        data += more
        while len(data) >= 19:
            size, kind = struct.unpack("!HB", data[16:19])
            if len(data) < size:
                break
            yield kind, data[19:size]
            data = data[size:]


def main():
    source, host, port, asn, router_id = sys.argv[1:6]
    sock = socket.socket(socket.AF_INET6 if ":" in source else socket.AF_INET)
    sock.bind((source, 0))
    for _ in range(600):
        if sock.connect_ex((host, int(port))) == 0:
            break
        time.sleep(0.1)
    sock.sendall(opening(int(asn), router_id))
    for kind, body in messages(sock):
        if kind == 3:
            print("notification %d/%d" % (body[0], body[1]))
            return
        if kind == 1:
            sock.sendall(message(4))
        if kind == 4:
            break
    for update in sys.argv[6:]:
        sock.sendall(message(2, bytes.fromhex(update.replace(" ", ""))))
    sock.sendall(message(2, b"\0\0\0\0"))
    print("ready", flush=True)
    while True:
        got, _, _ = select.select([sock, sys.stdin], [], [], 30)
        if sys.stdin in got and not sys.stdin.read(1):
            return
        if sock in got and not sock.recv(65536):
            print("closed", flush=True)
            return
        if not got:
            sock.sendall(message(4))


main()
