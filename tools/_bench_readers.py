# SPDX-License-Identifier: Apache-2.0
"""A program that reads pages over several connections, and prints how many a second.

It is a process of its own, so that it takes no time of the interpreter of the server.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
import time


def read(task: dict[str, object], counts: list[int]) -> None:
    """Read pages over one connection until the time is over, and append their number."""
    request = str(task["request"]).encode()
    until = time.monotonic() + float(str(task["seconds"]))
    count = 0
    with socket.create_connection((str(task["host"]), int(str(task["port"])))) as connection:
        while time.monotonic() < until:
            connection.sendall(request)
            head, _, body = receive(connection, b"").partition(b"\r\n\r\n")
            if b" 200 " not in head.splitlines()[0]:
                raise AssertionError(head + body)
            length = int(head.lower().partition(b"content-length: ")[2].split()[0])
            while len(body) < length:
                body += connection.recv(2**18)
            count += 1
    counts.append(count)


def receive(connection: socket.socket, data: bytes) -> bytes:
    """Receive data until the headers of a response are complete."""
    while b"\r\n\r\n" not in data:
        more = connection.recv(2**18)
        if not more:
            raise ConnectionError("the server has closed the connection")
        data += more
    return data


def main() -> None:
    """Read the task from standard input, and print the pages a second of all readers."""
    task = json.loads(sys.stdin.read())
    counts: list[int] = []
    threads = [
        threading.Thread(target=read, args=[task, counts]) for _ in range(task["readers"])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(counts) < task["readers"]:
        sys.exit("a reader has failed")
    print(sum(counts) / task["seconds"])


if __name__ == "__main__":
    main()
