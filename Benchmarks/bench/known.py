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


def wrong(profiler, interpreter, rate, seconds):
    """(samples, per cent that were wrong, failed or rejected)."""
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
            check.check(list(frames))
        except (check.Impossible, ValueError, TypeError, IndexError, KeyError):
            bad += count
    rejected = run.figure(r"rejected: +(\d+)") or 0
    # Errors that the profiler itself counts: py-spy's and profiling.sampling's.
    errors = run.figure(r"Errors: (\d+)")
    rate_of_errors = run.figure(r"Error rate: ([\d.]+)")
    lost = errors if errors is not None else (rate_of_errors or 0) / 100 * samples
    total = samples + rejected + lost
    return samples, 100 * bad / samples if samples else None, 100 * (rejected + lost) / total if total else None
