"""Works at the bottom of a stack of DEPTH frames while OTHERS threads wait at the same depth.

    python deep.py DEPTH OTHERS COUNTER [idle]

How many rounds of work are done, and when the last one was, stands in the file COUNTER, sixteen bytes that are read
while it runs. With `idle` the main thread waits as well. Prints "ready"; runs until it is killed.
"""
import mmap
import struct
import sys
import threading
import time


def leaf(n):
    return n * 3 + 1


def middle(n):
    total = 0
    for i in range(12):
        total = total + leaf(i)
    return total + n


def one_round(n):
    for i in range(8):
        n = middle(n) & 0xffff
    return n


def work(counter):
    rounds = 0
    while True:
        one_round(rounds)
        rounds = rounds + 1
        counter[0:16] = struct.pack("<Qd", rounds, time.time())


def wait(_):
    while True:
        time.sleep(1000)


# Twenty functions that call each other in turn: a deep stack of real programs is not one function's recursion.
DESCEND = """
def step_%d(depth, then, argument):
    if depth > 0:
        return step_%d(depth - 1, then, argument)
    return then(argument)
"""
exec("".join([DESCEND % (k, (k + 1) % 20) for k in range(20)]))
descend = step_0  # noqa: F821


def main(depth, others, path, idle):
    sys.setrecursionlimit(depth + 1000)
    threading.stack_size(16 << 20 if depth > 400 else 1 << 20)
    with open(path, "wb") as file:
        file.write(b"\0" * 16)
    file = open(path, "r+b")
    counter = mmap.mmap(file.fileno(), 16)
    # The leaf, the middle, the round, the work and what is above it here.
    below = max(depth - 7, 0)
    for _ in range(others):
        thread = threading.Thread(target=descend, args=(below, wait, None))
        thread.daemon = True
        thread.start()
    time.sleep(0.1)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    descend(below, wait if idle else work, counter)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], "idle" in sys.argv[4:])
