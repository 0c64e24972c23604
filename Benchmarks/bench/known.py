"""How many stacks are impossible, in a program whose possible stacks are known (fixtures/programs/known_stacks.py)."""
import importlib.util
import os
import sys

from interpreters import FIXTURES, Target
from measure import Run


def checker():
    sys.path.insert(0, FIXTURES)
    place = os.path.join(FIXTURES, "check_known_stacks.py")
    spec = importlib.util.spec_from_file_location("check_known_stacks", place)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Found:
    """Of `samples`: per cent that were impossible, and that were rejected or failed; and memory reads per sample."""

    def __init__(self, samples, bad, rejected, reads):
        self.samples, self.bad, self.rejected, self.reads = samples, bad, rejected, reads

    def __str__(self):
        return "%.1f + %.1f (%d)" % (self.bad, self.rejected, self.samples)


def wrong(profiler, interpreter, rate, seconds):
    check = checker()
    program = os.path.join(FIXTURES, "known_stacks.py")
    with Target(interpreter, program, [], counter=False) as target:
        run = Run(profiler, target, rate, seconds)
    samples = bad = 0
    for stack, count in run.stacks.items():
        frames = [frame for frame in stack if not frame[0].startswith(("tid:", "thread "))]
        if not frames or frames[0][0] == "(idle)":
            continue
        samples += count
        try:
            check.check(frames)
        except (check.Impossible, ValueError, TypeError, IndexError, KeyError):
            bad += count
    # What the profiler itself counts: pyflame's rejects, the errors of py-spy, Austin and profiling.sampling.
    rejected = run.figure(r"rejected: +(\d+)|Errors: (\d+)|Error rate[ .]+(\d+)/\d+")
    if rejected is None:
        rejected = (run.figure(r"Error rate: ([\d.]+)") or 0) / 100 * samples
    return Found(samples, 100 * bad / samples, 100 * rejected / (samples + rejected),
                 run.figure(r"memory reads: ([\d.]+)"))
