"""Divides its time in a way that it knows: each function counts the processor time that it used.

    python split.py KIND COUNTER SECONDS_OF_WARMUP

KIND is `mixed` (short calls of several kinds), `burst` (one function for a while, then another) or `period`
(the same 10 ms over and over, by the clock: 3 ms in one function, 7 ms in another). At SIGTERM it prints what part of its
time each function had since SIGUSR1 came, one `name share` a line, and ends.
"""
import signal
import sys
import time

KIND = sys.argv[1]
spent = {}
clock = getattr(time, "thread_time", None) or getattr(time, "process_time", None) or time.clock


def reset(*_):
    for name in spent:
        spent[name] = 0.0


def finish(*_):
    total = sum(spent.values())
    for name in sorted(spent):
        sys.stdout.write("%s %.6f\n" % (name, spent[name] / total))
    sys.stdout.flush()
    raise SystemExit


def share(name, turns):
    start = clock()
    globals()[name](turns)
    spent[name] = spent.get(name, 0.0) + clock() - start


def alpha(turns):
    total = 0
    for i in range(turns):
        total += i * i
    return total


def beta(turns):
    text = ""
    for i in range(turns):
        text = (text + str(i))[-20:]
    return text


def gamma(turns):
    values = []
    for i in range(turns):
        values.append(i % 7)
        if len(values) > 50:
            values = sorted(values)[:5]
    return values


def delta(turns):
    table = {}
    for i in range(turns):
        table[i % 97] = table.get(i % 89, 0) + 1
    return table


def mixed():
    share("alpha", 300)
    share("beta", 150)
    share("gamma", 500)
    share("delta", 80)


def burst():
    for name in ("alpha", "beta", "gamma", "delta"):
        end = time.time() + 0.037
        while time.time() < end:
            share(name, 200)


def until(moment, name):
    while time.time() < moment:
        share(name, 20)


def period():
    start = time.time()
    start -= start % 0.01
    until(start + 0.003, "alpha")
    until(start + 0.01, "beta")


def main():
    signal.signal(signal.SIGUSR1, reset)
    signal.signal(signal.SIGTERM, finish)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    turn = globals()[KIND]
    while True:
        turn()


if __name__ == "__main__":
    main()
