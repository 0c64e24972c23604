"""Divides its time in a way that it knows: each function measures how long it ran.

    python split.py KIND

KIND is `mixed` (short calls of several kinds), `burst` (one function for a while, then another), `period`
(the same 10 ms over and over, by the clock: 3 ms in one function, 7 ms in another) or `calls` (a system call every 20 us
or so). At SIGTERM it prints what part of the time each function had since SIGUSR1 came, one `name share` a line, then what part of the time it had a processor, and ends.

A function is on the stack from its call to its return, and the clock is asked within it: what its two calls of the clock
take outside of the two moments is added. But for `calls` it makes no system call on the way: a thread that is asked to
stop does so at the next return from one, so those who stop it see it there too often.
"""
import os
import signal
import sys
import time

KIND = sys.argv[1]
NAMES = ("alpha", "beta", "gamma", "delta", "asks")
now = getattr(time, "perf_counter", None) or time.time
used = getattr(time, "thread_time", None) or getattr(time, "process_time", None) or time.clock
spent = dict.fromkeys(NAMES, 0.0)
calls = dict.fromkeys(NAMES, 0)
began = [0.0, 0.0]


def cost_of_clock():
    start = now()
    for _ in range(100000):
        now()
    return (now() - start) / 100000


CLOCK = cost_of_clock()


def reset(*_):
    for name in NAMES:
        spent[name], calls[name] = 0.0, 0
    began[:] = [now(), used()]


def finish(*_):
    processor = (used() - began[1]) / (now() - began[0])
    times = dict([(name, spent[name] + calls[name] * CLOCK) for name in NAMES])
    total = sum(times.values())
    for name in NAMES:
        sys.stdout.write("%s %.6f\n" % (name, times[name] / total))
    sys.stdout.write("processor %.3f\n" % processor)
    sys.stdout.flush()
    raise SystemExit


def share(name, turns):
    function = globals()[name]
    spent[name] += function(turns)
    calls[name] += 1


def alpha(turns):
    start = now()
    total = 0
    for i in range(turns):
        total += i * i
    return now() - start


def beta(turns):
    start = now()
    text = ""
    for i in range(turns):
        text = (text + str(i))[-20:]
    return now() - start


def gamma(turns):
    start = now()
    values = []
    for i in range(turns):
        values.append(i % 7)
        if len(values) > 50:
            values = sorted(values)[:5]
    return now() - start


def delta(turns):
    start = now()
    table = {}
    for i in range(turns):
        table[i % 97] = table.get(i % 89, 0) + 1
    return now() - start


def asks(turns):
    start = now()
    for i in range(turns):
        os.getppid()
    return now() - start


def mixed():
    share("alpha", 300)
    share("beta", 150)
    share("gamma", 500)
    share("delta", 80)


def burst():
    for name in NAMES[:4]:
        end = now() + 0.037
        while now() < end:
            share(name, 200)


def until(moment, name):
    while now() < moment:
        share(name, 40)


def period():
    start = now()
    start -= start % 0.01
    until(start + 0.003, "alpha")
    until(start + 0.01, "beta")


def calls_too():
    share("alpha", 300)
    share("asks", 1)


def main():
    signal.signal(signal.SIGUSR1, reset)
    signal.signal(signal.SIGTERM, finish)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    turn = {"mixed": mixed, "burst": burst, "period": period, "calls": calls_too}[KIND]
    while True:
        turn()


if __name__ == "__main__":
    main()
