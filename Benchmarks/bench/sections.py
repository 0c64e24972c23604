"""The sections of a run. Each measures one thing for several versions and profilers, and prints what it found.

Not every peer is measured on every version: each of them where it is at home, pyflame on all.
"""
import os

import accuracy as accuracies
import known
import measure
import profilers
from interpreters import PROGRAMS, Target, largest
from measure import Run

DEEP = os.path.join(PROGRAMS, "deep.py")
NAMES = [profiler.name for profiler in profilers.ALL]
PYFLAME = [profiler for profiler in profilers.ALL if isinstance(profiler, profilers.Pyflame)]
# Which peers on which versions.
AT_HOME = {"2.7": (profilers.PySpy,), "3.9": (profilers.Austin,), "3.11": (),
           "3.13": (profilers.PySpy, profilers.Austin), "3.15": (profilers.ProfilingSampling,)}


class Bench:
    def __init__(self, results, interpreters, is_quick, is_only):
        self.results = results
        self.interpreters = interpreters
        self.is_quick = is_quick
        # Only one section: it may take its time.
        self.is_only = is_only

    def pick(self, *minors):
        return [interpreter for interpreter in self.interpreters if interpreter.minor in minors]

    def each(self, row, interpreter, case, measured, only=None):
        """Measures it with each profiler; a peer that cannot do it says so."""
        for profiler in profilers.ALL:
            if only is not None and profiler not in only:
                continue
            if not isinstance(profiler, (profilers.Pyflame,) + AT_HOME[interpreter.minor]):
                if not profiler.reads(interpreter.version):
                    self.results.put(row, str(interpreter), case, profiler.name, "-")
                continue
            cell = profiler.why_not(interpreter)
            if cell is None:
                try:
                    cell = measured(profiler)
                except (OSError, RuntimeError, ValueError, IndexError, ZeroDivisionError) as error:
                    cell = "failed: %s" % error
            self.results.put(row, str(interpreter), case, profiler.name, cell)

    def show(self, row, title):
        self.results.show(row, title, NAMES)

    def calls(self):
        if measure.TOOL is None:
            print("\nSystem calls were not counted: neither perf nor strace is here.")
            return
        cases = [(depth, 1) for depth in ((50,) if self.is_quick else (10, 50, 200))]
        cases += [] if self.is_quick else [(10, 8), (10, 64)]
        minors = ("2.7", "3.9", "3.13", "3.15") + (() if self.is_quick else ("3.11",))
        for interpreter in self.pick(*minors):
            for depth, threads in cases:
                row = "calls" if threads == 1 else "calls of all threads"
                case = "depth %d" % depth if threads == 1 else "%d threads" % threads
                with Target(interpreter, DEEP, [depth, threads - 1]) as target:
                    def count(one):
                        counted = measure.exact_calls if one in PYFLAME else measure.usual_calls
                        made, reads = counted(one, target, 0 if threads == 1 else threads)
                        self.results.put(row.replace("calls", "reads"), str(interpreter), case, one.name, reads)
                        return made
                    self.each(row, interpreter, case, count)
        self.show("calls", "System calls per sample (%s)" % measure.TOOL)
        self.show("calls of all threads", "System calls per sample of all threads, depth 10")
        self.show("reads", "Memory reads (process_vm_readv) per sample")

    def cost(self):
        for interpreter in self.pick("3.9", "3.13") if self.is_quick else self.interpreters:
            with Target(interpreter, DEEP, [50, 0]) as target:
                for hertz in (1000,) if self.is_quick else (1000, 10000):
                    def at(one):
                        pairs = (2 if self.is_quick else 3) + 2 * (one in PYFLAME and not self.is_quick)
                        ratio, runs = measure.slowdown(one, target, hertz, pairs)
                        if hertz == 1000:
                            for row, values in (("cpu", [run.each(run.cpu) * 1e6 for run in runs]),
                                                ("rss", [run.rss for run in runs])):
                                self.results.put(row, str(interpreter), "", one.name, measure.median(values))
                        return ratio
                    self.each("wall %d" % hertz, interpreter, "", at)
        self.show("cpu", "Profiler's processor time per sample at 1 kHz, depth 50, microseconds")
        for hertz in (1000, 10000):
            self.show("wall %d" % hertz, "How many times as long the target takes for its work at %d Hz, depth 50: "
                      "median of pairs (lowest to highest)" % hertz)
        self.show("rss", "Peak resident memory at 1 kHz, MB")

    def wrong(self):
        for interpreter in self.pick("3.13") if self.is_quick else self.interpreters:
            def stacks(one):
                found = known.wrong(one, interpreter, 1000, 2)
                if one in PYFLAME:
                    self.results.put("reads moving on", str(interpreter), "", one.name, found.reads)
                return found
            self.each("wrong", interpreter, "", stacks)
        self.show("wrong", "Impossible stacks + rejected readings, per cent (of so many), adversarial program at 1 kHz")

    def rate(self):
        for interpreter in self.pick("3.13") if self.is_quick else self.interpreters:
            with Target(interpreter, DEEP, [50, 0]) as target:
                def highest(one):
                    target.pace(0.1)  # it may have just started
                    free = target.pace(0.3)
                    run = Run(one, target, 200000)
                    if one in PYFLAME:
                        # On the target's core, or by a stop.
                        stopped = run.figure(r"total ([\d.]+) us") / 1e6 / run.figure(r" in ([\d.]+) s")
                        self.results.put("held", str(interpreter), "", one.name, run.cpu + stopped)
                    self.results.put("wall 200000", str(interpreter), "", one.name, run.pace / free)
                    return run.rate / 1000
                self.each("rate", interpreter, "", highest)
        self.show("rate", "Highest real rate when asked for 200 kHz, depth 50, kHz")
        self.show("wall 200000", "The target's ratio meanwhile")

    def dump(self):
        for interpreter in self.pick("3.13") if self.is_quick else self.pick("2.7", "3.13", "3.15"):
            for build in [interpreter] + [largest(interpreter)] * (largest(interpreter) is not interpreter):
                with Target(build, DEEP, [50, 0]) as target:
                    def once(one):
                        command = one.dump(target)
                        return measure.elapsed(command, one.env(target)) if command else None
                    self.each("dump", interpreter, "%.0f MB" % target.python_size(), once)
        self.show("dump", "One dump, start to exit, milliseconds; by version and size of the file that holds Python")

    def idle(self):
        for interpreter in self.pick("3.13") if self.is_quick else self.interpreters:
            with Target(interpreter, DEEP, [50, 4, "idle"]) as target:
                target.counter = None

                def sleeping(one):
                    run = Run(one, target, 1000)
                    if one in PYFLAME:
                        self.results.put("idle stops", str(interpreter), "", one.name, run.figure(r"stops: +(\d+)"))
                    return run.cpu / 1000 * 1e6
                self.each("idle", interpreter, "", sleeping)
        self.show("idle", "All threads sleep: processor time per tick at 1 kHz, microseconds")

    def growth(self):
        """By depth and by number of threads; peers at the ends only."""
        if self.is_quick:
            return
        cases = [(depth, 1, False) for depth in (10, 50, 200, 500, 1000)]
        cases += [(10, threads, False) for threads in (8, 64, 256)]
        cases += [(10, threads, True) for threads in (8, 64, 256)]
        ends = [(10, 1, False), (1000, 1, False), (10, 256, True)]
        for interpreter in self.pick("2.7", "3.9", "3.13", "3.15"):
            for depth, threads, samples_all in cases:
                case = "depth %d" % depth if threads == 1 else "%d threads%s" % (
                    threads, ", all sampled" if samples_all else "")
                only = None if (depth, threads, samples_all) in ends else PYFLAME
                with Target(interpreter, DEEP, [depth, threads - 1]) as target:
                    def grown(one):
                        run = Run(one, target, 1000, threads=threads if samples_all else 0)
                        cell = "%.0f us" % (run.each(run.cpu) * 1e6)
                        if one in PYFLAME:
                            cell += ", %.1f calls, %.1f reads" % (
                                run.figure(r"system calls: ([\d.]+)"), run.figure(r"memory reads: ([\d.]+)"))
                        return cell + ("" if run.rate > 950 else ", %.0f Hz" % run.rate)
                    self.each("growth", interpreter, case, grown, only)
        self.show("growth", "Growth: processor time per sample at 1 kHz (system calls and memory reads of pyflame's own "
                  "count; the rate where it did not keep up)")

    def memory(self):
        """As many samples as an hour at 100 Hz has, in less time."""
        if self.is_quick:
            return
        for interpreter in self.pick("3.13"):
            def grows(one):
                with Target(interpreter, os.path.join(known.FIXTURES, "known_stacks.py"), [], counter=False) as target:
                    process = measure.start(one, target, 20000, 18)
                    first, last = measure.watch_memory(process, 2)
                self.results.put("rss grown", str(interpreter), "", one.name, last - first)
                return last
            self.each("rss hour", interpreter, "", grows, PYFLAME)
        self.show("rss hour", "Peak resident memory after some 360,000 samples (an hour at 100 Hz), MB")
        self.show("rss grown", "Of which came after the first ninth of them")

    def accuracy(self):
        kinds = ("mixed", "period") if self.is_quick or not self.is_only else ("mixed", "burst", "period")
        long = 4 if self.is_only else 0.3 if self.is_quick else 1
        for interpreter in self.pick("3.13", *(("3.15",) if self.is_only else ())):
            cases = [(kind, hertz, seconds) for kind in kinds for hertz, seconds in ((100, 15), (1000, 5))]
            for kind, hertz, seconds in cases + [("calls", 1000, 5), ("calls", 10000, 5)]:
                self.each("accuracy", interpreter, "%s, %d Hz" % (kind, hertz), lambda one: accuracies.trial(
                    one, interpreter, kind, hertz, round(seconds * long)))
        self.show("accuracy", "Share of time given to the wrong function, percentage points (95 % of what chance makes)")


ORDER = ("calls", "cost", "wrong", "rate", "dump", "idle", "memory", "growth", "accuracy")
