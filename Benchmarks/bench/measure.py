"""One run of a profiler, and what it cost."""
import os
import re
import shutil
import subprocess
import time

from interpreters import WORK

OUTPUT = os.path.join(WORK, "output")


class Run:
    """CPU time (s), wall time (s), peak RSS (MB), samples, stacks."""

    def __init__(self, profiler, target, rate, seconds, threads=False, prefix=(), quiet=True):
        for path in (OUTPUT, OUTPUT + ".err"):
            if os.path.exists(path):
                os.unlink(path)
        command = list(prefix) + profiler.command(target, rate, seconds, OUTPUT, threads)
        with open(OUTPUT + ".err", "wb") as log:
            start = time.monotonic()
            process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                       env=profiler.env(target))
            # The target's own speed, while the profiler is certainly at it.
            margin = min(0.35, seconds / 4)
            time.sleep(margin)
            self.speed = None
            if target.counter:
                self.speed = target.speed(max(0.1, seconds - 2 * margin))
            else:
                time.sleep(max(0, seconds - 2 * margin))
            self.rss = peak_memory(process.pid)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = status
            self.wall = time.monotonic() - start
        self.status = os.waitstatus_to_exitcode(status)
        self.cpu = usage.ru_utime + usage.ru_stime
        with open(OUTPUT + ".err", encoding="utf-8", errors="replace") as log:
            self.log = log.read()
        try:
            self.stacks = profiler.stacks(OUTPUT)
        except (OSError, ValueError, IndexError):
            self.stacks = {}
        # Of several threads' stacks, those of one.
        self.samples = sum(self.stacks.values())

    def figure(self, pattern):
        """A number in what it printed."""
        found = re.search(pattern, self.log)
        return float(found.group(1)) if found else None


def peak_memory(pid):
    """In MB; what wait4 says would count the moment before exec as well, when the child is still a copy of us."""
    try:
        with open("/proc/%d/status" % pid, encoding="utf-8") as status:
            found = re.search(r"VmHWM:\s+(\d+)", status.read())
    except OSError:
        return None
    return int(found.group(1)) / 1024 if found else None


def own_cost(profiler, target, rate, seconds, threads=False):
    """CPU microseconds per sample: a long run less a short one, so that starting does not count."""
    long = Run(profiler, target, rate, seconds, threads)
    short = Run(profiler, target, rate, 1 if seconds > 1 else 0.2, threads)
    samples = long.samples - short.samples
    return (long.cpu - short.cpu) / samples * 1e6 if samples > 0 else None, long


def counter():
    """What counts the system calls of a process while it runs: perf, or strace; None without either."""
    if shutil.which("perf"):
        probe = subprocess.run(["perf", "stat", "-e", "raw_syscalls:sys_enter", "true"], capture_output=True)
        if probe.returncode == 0:
            return "perf"
    if not shutil.which("strace"):
        subprocess.run(["apt-get", "install", "-y", "-q", "strace"], capture_output=True)
    return "strace" if shutil.which("strace") else None


def count_calls(tool, pid, seconds):
    """System calls that all threads of `pid` make in that time."""
    if tool == "perf":
        command = ["perf", "stat", "-x,", "-o", OUTPUT + ".calls", "-e", "raw_syscalls:sys_enter", "-p", str(pid),
                   "sleep", str(seconds)]
    else:
        command = ["timeout", "-s", "INT", str(seconds), "strace", "-f", "-c", "-o", OUTPUT + ".calls", "-p", str(pid)]
    subprocess.run(command, capture_output=True)
    with open(OUTPUT + ".calls", encoding="utf-8") as file:
        text = file.read()
    found = re.search(r"^(\d+),,raw_syscalls", text, re.M) or re.search(r"\s(\d+)\s+\d*\s*total", text)
    return int(found.group(1)) if found else None


def system_calls(profiler, target, rate, tool, threads=False, per=1):
    """Per sample, in a second in the midst of a run. `per` stacks make a sample."""
    process = subprocess.Popen(profiler.command(target, rate, 2, OUTPUT, threads), env=profiler.env(target),
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(0.6)
    counted = count_calls(tool, process.pid, 1)
    process.wait()
    try:
        samples = sum(profiler.stacks(OUTPUT).values()) / per / 2
    except (OSError, ValueError, IndexError):
        return None
    # Who does not keep up takes fewer samples than were asked for.
    return counted / min(samples, rate) if counted and samples else None


def slowdown(profiler, target, rate, seconds, pairs=2):
    """How much longer the target takes for its work: pairs of with and without, and the last run."""
    ratios, run = [], None
    for _ in range(pairs):
        free = target.speed(seconds / 2)
        run = Run(profiler, target, rate, seconds)
        free = (free + target.speed(seconds / 2)) / 2
        if run.speed:
            ratios.append(free / run.speed)
    ratios.sort()
    return ratios[len(ratios) // 2] if ratios else None, run


def elapsed(command, env, times=7):
    """Median milliseconds from start to exit; None when it fails."""
    results = []
    for _ in range(times):
        start = time.monotonic()
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env)
        results.append((time.monotonic() - start) * 1000)
        if done.returncode != 0:
            return None
    return sorted(results)[times // 2]
