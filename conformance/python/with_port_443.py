"""Runs a command in the network namespace that it was started in, with port 443 of loopback leading outside.

with_port_443.py --probe                   can this be done here?
with_port_443.py SOCKET COMMAND [ARG ...]  what connects to port 443 reaches the Unix socket

A new network namespace has nothing but a loopback that is down. Unix sockets are files, so they lead out of it.
"""

import fcntl
import socket
import struct
import subprocess
import sys
import threading

GET_FLAGS, SET_FLAGS, UP = 0x8913, 0x8914, 1


def loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        answer = fcntl.ioctl(any_socket, GET_FLAGS, struct.pack("16sh14x", b"lo", 0))
        flags = struct.unpack("16sh14x", answer)[1]
        fcntl.ioctl(any_socket, SET_FLAGS, struct.pack("16sh14x", b"lo", flags | UP))


def listen():
    listeners = []
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            listener = socket.socket(family, socket.SOCK_STREAM)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((address, 443))
            listener.listen()
            listeners.append(listener)
        except OSError:
            # A machine without IPv6 has one of the two.
            if family == socket.AF_INET:
                raise
    return listeners


def lead(listener, path):
    while True:
        inside, _ = listener.accept()
        outside = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            outside.connect(path)
        except OSError:
            inside.close()
            continue
        for here, there in ((inside, outside), (outside, inside)):
            threading.Thread(target=pump, args=(here, there), daemon=True).start()


def pump(source, sink):
    try:
        while True:
            data = source.recv(65536)
            if not data:
                break
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def main():
    loopback_up()
    listeners = listen()
    if sys.argv[1] == "--probe":
        return 0
    for listener in listeners:
        threading.Thread(target=lead, args=(listener, sys.argv[1]), daemon=True).start()
    return subprocess.call(sys.argv[2:])


sys.exit(main())
