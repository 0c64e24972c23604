"""How near each profiler's answer is to what the program itself counted."""
import math
import os
import random
import signal
import time

from interpreters import PROGRAMS, Target
from measure import Run

FUNCTIONS = ("alpha", "beta", "gamma", "delta", "asks")


def said(stacks):
    """The share of each function, and the samples that were in one of them."""
    counts = dict.fromkeys(FUNCTIONS, 0)
    for stack, count in stacks.items():
        for frame in reversed(stack):
            if frame[1] in counts:
                counts[frame[1]] += count
                break
    total = sum(counts.values())
    return {name: counts[name] / total for name in FUNCTIONS}, total


class Found:
    """How much of the time was given to the wrong function (total variation distance), and what an unbiased sampler
    with as many independent samples stays below 95 times in 100; percentage points."""

    def __init__(self, error, chance, samples, processor):
        self.error, self.chance, self.samples, self.processor = error, chance, samples, processor

    def __str__(self):
        busy = "" if self.processor > 0.95 else ", with %.0f %% of a processor" % (100 * self.processor)
        return "%.1f (%.1f%s)%s" % (self.error, self.chance, busy, "" if self.error <= self.chance else " BIASED?")


def trial(profiler, interpreter, kind, rate, seconds):
    with Target(interpreter, os.path.join(PROGRAMS, "split.py"), [kind], counter=False) as target:
        time.sleep(0.2)
        os.kill(target.pid, signal.SIGUSR1)
        run = Run(profiler, target, rate, seconds)
        os.kill(target.pid, signal.SIGTERM)
        lines = [line.split() for line in target.process.stdout.read().decode().split("\n") if line]
    truth = {name: float(share) for name, share in lines}
    processor = truth.pop("processor")
    shares, samples = said(run.stacks)
    error = sum(abs(shares[name] - truth[name]) for name in FUNCTIONS) / 2
    return Found(error * 100, chance(list(truth.values()), samples) * 100, samples, processor)


def chance(shares, samples, trials=2000):
    """The 95th percentile of the error that chance alone makes, by drawing."""
    draws = random.Random(1)
    errors = []
    for _ in range(trials):
        # Normal approximation of a multinomial draw: errors that add up to nothing.
        parts = [draws.gauss(0, 1) * math.sqrt(share * samples) for share in shares]
        excess = sum(parts)
        errors.append(sum(abs(part - share * excess) for part, share in zip(parts, shares)) / 2 / samples)
    return sorted(errors)[int(trials * 0.95)]
