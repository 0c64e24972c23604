"""How near each profiler's answer is to what the program itself counted."""
import math
import os
import signal
import time

from interpreters import PROGRAMS, Target
from measure import Run

FUNCTIONS = ("alpha", "beta", "gamma", "delta")


def said(stacks):
    """The share of each function, and the samples that were in one of them."""
    counts = dict.fromkeys(FUNCTIONS, 0)
    for stack, count in stacks.items():
        for frame in reversed(stack):
            if frame[1] in counts:
                counts[frame[1]] += count
                break
    total = sum(counts.values())
    return {name: counts[name] / total for name in FUNCTIONS} if total else None, total


def trial(profiler, interpreter, kind, rate, seconds):
    """(error, half the width of its 95 % interval, samples), both in percentage points; None if it failed.

    The error is the total variation distance: the part of all time that was given to the wrong function. The interval
    is that of an unbiased sampler with as many independent samples: what chance alone makes of it, at worst.
    """
    with Target(interpreter, os.path.join(PROGRAMS, "split.py"), [kind], counter=False) as target:
        time.sleep(0.3)
        os.kill(target.pid, signal.SIGUSR1)
        run = Run(profiler, target, rate, seconds)
        os.kill(target.pid, signal.SIGTERM)
        lines = target.process.stdout.read().decode().split("\n")
        truth = {name: 0.0 for name in FUNCTIONS}
        truth.update((line.split()[0], float(line.split()[1])) for line in lines if line)
    shares, samples = said(run.stacks)
    if not shares:
        return None
    error = sum(abs(shares[name] - truth[name]) for name in FUNCTIONS) / 2
    chance = sum(1.96 * math.sqrt(part * (1 - part) / samples) for part in truth.values()) / 2
    return error * 100, chance * 100, samples
