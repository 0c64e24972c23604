"""One run of a profiler, and what it cost."""
import glob
import os
import re
import shutil
import signal
import subprocess
import time

from interpreters import WORK, pace

OUTPUT = os.path.join(WORK, "output")
CALLS, READS = "raw_syscalls:sys_enter", "syscalls:sys_enter_process_vm_readv"


class Run:
    """A profile of `target` over some seconds. What is counted is counted in a window in the midst of it, so that
    neither starting nor writing is in it.

    pace       seconds that a round of the target's work took
    cpu        the profiler's processor time, seconds per second
    rss        its peak memory, MB
    stacks     what it wrote; samples how many; rate how many per second
    """

    def __init__(self, profiler, target, rate, seconds=1, threads=0):
        for path in (OUTPUT, OUTPUT + ".err"):
            if os.path.exists(path):
                os.unlink(path)
        self.pace = None
        window = seconds - 0.4
        seconds = profiler.length(seconds)
        with open(OUTPUT + ".err", "wb") as log:
            born = time.monotonic()
            process = subprocess.Popen(profiler.command(target, rate, seconds, OUTPUT, threads > 0),
                                       stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=profiler.env(target))
            time.sleep(profiler.lead)
            start, spent = time.monotonic(), processor_time(process.pid)
            before = target.progress() if target.counter else None
            time.sleep(window)
            if before:
                self.pace = pace(before, target.progress())
            self.cpu = (processor_time(process.pid) - spent) / (time.monotonic() - start)
            self.rss = peak_memory(process.pid)
            try:
                process.wait(timeout=1)
            except subprocess.TimeoutExpired:
                # py-spy goes on until it has as many samples as it would have taken in time.
                seconds = time.monotonic() - born - profiler.lead / 2
                process.send_signal(signal.SIGINT)
                process.wait()
        with open(OUTPUT + ".err", encoding="utf-8", errors="replace") as log:
            self.log = re.sub("\x1b[^m]*m", "", log.read())  # colours
        try:
            # The status tells nothing: Austin's is 254 when all went well.
            self.stacks = profiler.stacks(OUTPUT)
        except (OSError, ValueError, IndexError):
            words = self.log.split()
            raise RuntimeError("status %d: %s" % (process.returncode, " ".join(words[-12:]))) from None
        # Of several threads' stacks, those of one.
        self.samples = sum(self.stacks.values()) / max(threads, 1)
        self.rate = self.samples / seconds

    def each(self, value):
        """`value` per sample, of one that was counted per second."""
        return value / self.rate

    def figure(self, pattern):
        """A number in what it printed."""
        found = re.search(pattern, self.log)
        return float(found.group(found.lastindex)) if found else None


def start(profiler, target, rate, seconds, threads=False):
    """A run that somebody else watches."""
    return subprocess.Popen(profiler.command(target, rate, seconds, OUTPUT, threads), env=profiler.env(target),
                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def watch_memory(process, after):
    """Peak memory (MB) of a run after so many seconds, and shortly before its end."""
    time.sleep(after)
    first = last = peak_memory(process.pid)
    while process.poll() is None:
        last = peak_memory(process.pid) or last
        time.sleep(0.1)
    return first, last


def processor_time(pid):
    """Seconds that all its threads have used; the first number of schedstat is in nanoseconds."""
    total = 0
    for path in glob.glob("/proc/%d/task/*/schedstat" % pid):
        try:
            with open(path, encoding="ascii") as file:
                total += int(file.read().split()[0])
        except OSError:
            continue
    return total / 1e9


def peak_memory(pid):
    """In MB."""
    try:
        with open("/proc/%d/status" % pid, encoding="utf-8") as status:
            found = re.search(r"VmHWM:\s+(\d+)", status.read())
    except OSError:
        return None
    return int(found.group(1)) / 1024 if found else None


def counter():
    """What counts the system calls of a process while it runs: perf, or strace; None without either."""
    if shutil.which("perf"):
        probe = subprocess.run(["perf", "stat", "-e", CALLS, "-e", READS, "true"], capture_output=True)
        if probe.returncode == 0:
            return "perf"
    if not shutil.which("strace"):
        subprocess.run(["apt-get", "install", "-y", "-q", "strace"], capture_output=True)
    return "strace" if shutil.which("strace") else None


TOOL = counter()


def count_calls(arguments, prefix=()):
    """How many system calls there were, how many of them read another process's memory, and what was printed."""
    log = OUTPUT + ".calls"
    counting = ["perf", "stat", "-x,", "-o", log, "-e", CALLS, "-e", READS] if TOOL == "perf" else [
        "strace", "-f", "-c", "-o", log]
    done = subprocess.run(list(prefix) + counting + arguments, stdin=subprocess.DEVNULL, capture_output=True)
    with open(log, encoding="utf-8") as file:
        text = file.read()
    if TOOL == "perf":
        counts = {line.split(",")[2]: line.split(",")[0] for line in text.split("\n") if line.count(",") > 3}
        return int(counts[CALLS]), int(counts[READS]), done.stderr.decode()
    calls, reads = (re.search(r"\s(\d+)\s+(?:\d+\s+)?%s\b" % name, text) for name in ("total", "process_vm_readv"))
    return int(calls.group(1)), int(reads.group(1)) if reads else 0, done.stderr.decode()


def exact_calls(profiler, target, threads=0):
    """System calls and memory reads per sample: all of a long run less all of a short one. For a profiler that says how
    many samples it took (pyflame)."""
    def whole(seconds):
        calls, reads, log = count_calls(profiler.command(target, profiler.pace, seconds, OUTPUT, threads > 0))
        return calls, reads, int(re.search(r"samples: +(\d+)", log).group(1))
    short, long = whole(0.3), whole(1.0)
    samples = long[2] - short[2]
    return (long[0] - short[0]) / samples, (long[1] - short[1]) / samples


def usual_calls(profiler, target, threads=0, seconds=0.6):
    """The same of any profiler, nearly: those of a part of a run, by as many samples as it has on average."""
    length = profiler.length(1)
    process = start(profiler, target, profiler.pace, length, threads > 0)
    time.sleep(profiler.lead)
    attach = ["-p", str(process.pid)]
    calls, reads, _ = count_calls(attach + ["sleep", str(seconds)]) if TOOL == "perf" else count_calls(
        attach, ["timeout", "-s", "INT", str(seconds)])
    process.wait()
    samples = sum(profiler.stacks(OUTPUT).values()) / max(threads, 1) * seconds / length
    # One that does not keep up takes fewer than were asked for.
    samples = min(samples, profiler.pace * seconds)
    return calls / samples, reads / samples


class Ratio:
    """How many times as long the target took for its work: the median of pairs, and their extremes."""

    def __init__(self, ratios):
        ratios = sorted(ratios)
        self.low, self.high = ratios[0], ratios[-1]
        self.median = (ratios[(len(ratios) - 1) // 2] + ratios[len(ratios) // 2]) / 2

    def __str__(self):
        return "%.3f (%.3f to %.3f)" % (self.median, self.low, self.high)


def slowdown(profiler, target, rate, pairs, seconds=1):
    """Free, profiled, free, profiled, ...: each profiled run beside the free ones before and after it. The Ratio, and
    the runs."""
    ratios, runs = [], []
    target.pace(0.1)  # it may have just started
    free = target.pace(seconds / 2)
    for _ in range(pairs):
        run = Run(profiler, target, rate, seconds)
        after = target.pace(seconds / 2)
        ratios.append(run.pace / ((free + after) / 2))
        free = after
        runs.append(run)
    return Ratio(ratios), runs


def median(values):
    """Of those that could be had."""
    values = sorted(value for value in values if value is not None)
    return values[len(values) // 2]


def elapsed(command, env, times=20):
    """Median milliseconds from start to exit."""
    results = []
    with open(os.devnull, "r+b") as null:
        actions = [(os.POSIX_SPAWN_DUP2, null.fileno(), number) for number in (0, 1, 2)]
        for _ in range(times):
            start = time.monotonic()
            pid = os.posix_spawn(command[0], command, env or os.environ, file_actions=actions)
            _, status = os.waitpid(pid, 0)
            results.append((time.monotonic() - start) * 1000)
            if status != 0:
                raise RuntimeError("status %d" % os.waitstatus_to_exitcode(status))
    return median(results)
