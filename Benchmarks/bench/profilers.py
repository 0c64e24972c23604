"""The profilers that are compared: how each is called, and how its output is read.

Every profiler's `stacks` gives {((file, function, line), ...): count}, root first.
"""
import math
import os
import re
import subprocess
import sys

import mojo
from interpreters import ROOT, Interpreter, cache

WANTED = ["py-spy==0.4.3", "austin-dist==4.0.0"]
PEERS = os.path.join(os.path.dirname(cache()), "peers", "-".join(WANTED).replace("==", "-"))


def fetch_peers():
    """From PyPI, into a folder of their own; what cannot be had is reported by `why_not`."""
    if not os.path.exists(os.path.join(PEERS, "bin", "austin")):
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--disable-pip-version-check",
             "--root-user-action=ignore", "--target", PEERS] + WANTED, check=False)


def folded(path, parse):
    counts = {}
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            stack, _, count = line.rstrip("\n").rpartition(" ")
            frames = tuple(frame for frame in map(parse, stack.split(";")) if frame)
            counts[frames] = counts.get(frames, 0) + int(count)
    return counts


class Profiler:
    name = ""
    # The versions that it reads, as its authors say.
    versions = ""
    # Seconds until it certainly samples.
    lead = 0.3
    # Samples per second at which it keeps up at any depth, for counting.
    pace = 1000

    def reads(self, version):
        return True

    def why_not(self, interpreter):
        """A reason why it cannot be measured, or None."""
        return None if self.reads(interpreter.version) else "does not read %s" % interpreter

    def command(self, target, rate, seconds, output, threads=False):
        raise NotImplementedError

    def length(self, seconds):
        """How long a run is asked for that is to last so many seconds and more."""
        return seconds

    def stacks(self, output):
        raise NotImplementedError

    def dump(self, target):
        return None

    def env(self, target):
        return None


class Pyflame(Profiler):
    name = "pyflame"
    versions = "2.6-3.15"
    binary = os.environ.get("PYFLAME") or os.path.join(ROOT, ".build", "release", "pyflame")
    more = []

    def command(self, target, rate, seconds, output, threads=False):
        return [self.binary, "-p", str(target.pid), "-r", "%.9f" % (1 / rate), "-s", str(seconds), "-o", output,
                "--format=folded", "--stats"] + self.more + (["--threads"] if threads else [])

    def stacks(self, output):
        def frame(text):
            parts = text.rsplit(":", 2)
            return (parts[0], parts[1], int(parts[2])) if len(parts) == 3 and parts[2].isdigit() else (text, "", 0)
        return folded(output, frame)

    def dump(self, target):
        return [self.binary, "-d", "-p", str(target.pid)] + self.more


class PyflameNonblocking(Pyflame):
    name = "pyflame --nonblocking"
    more = ["--nonblocking"]


class PySpy(Profiler):
    name = "py-spy"
    versions = "2.6-3.15"
    pace = 100
    binary = os.path.join(PEERS, "bin", "py-spy")
    more = []

    def why_not(self, interpreter):
        return None if os.path.exists(self.binary) else "not to be had from PyPI"

    def command(self, target, rate, seconds, output, threads=False):
        # Without --idle it leaves out the threads that sleep, after it has read them.
        return [self.binary, "record", "-p", str(target.pid), "-r", str(rate), "-d", str(seconds),
                "-f", "raw", "-o", output] + self.more + (["--idle"] if threads else [])

    def stacks(self, output):
        def frame(text):
            found = re.match(r"(.*) \((.*):(\d+)\)$", text)
            return (found.group(2), found.group(1), int(found.group(3))) if found else None
        return folded(output, frame)

    def dump(self, target):
        return [self.binary, "dump", "-p", str(target.pid)] + self.more


class PySpyNonblocking(PySpy):
    name = "py-spy --nonblocking"
    more = ["--nonblocking"]


class Austin(Profiler):
    name = "Austin"
    versions = "3.9-3.14"
    binary = os.path.join(PEERS, "bin", "austin")

    def __init__(self):
        self.loader = None

    def reads(self, version):
        return (3, 9) <= version <= (3, 14)

    def why_not(self, interpreter):
        if not os.path.exists(self.binary):
            return "not to be had from PyPI"
        return super().why_not(interpreter)

    def start(self):
        # It needs a newer C library (2.38) than Debian 12 has: that of a newer interpreter's suite.
        if self.loader is None:
            libraries = Interpreter("3.13").libraries()
            loader = os.path.join(libraries, "ld-linux-x86-64.so.2")
            self.loader = [loader, "--library-path", libraries, self.binary]
        return self.loader

    def command(self, target, rate, seconds, output, threads=False):
        return self.start() + ["-p", str(target.pid), "-i", str(max(1, round(1e6 / rate))), "-x",
                               str(seconds), "-o", output]

    def stacks(self, output):
        return mojo.stacks(output)

    def dump(self, target):
        return self.start() + ["-w", str(target.pid)]

    def env(self, target):
        return target.interpreter.environment()


class ProfilingSampling(Profiler):
    name = "profiling.sampling"
    versions = "3.15"
    lead = 0.8

    def length(self, seconds):
        return math.ceil(seconds + self.lead - 0.3)
    more = []
    python = None

    def reads(self, version):
        return version == (3, 15)

    def run(self, target, arguments):
        return [target.interpreter.executable, "-m", "profiling.sampling"] + arguments

    def command(self, target, rate, seconds, output, threads=False):
        return self.run(target, ["attach", "-r", str(rate), "-d", str(seconds), "--collapsed", "-o", output]
                        + self.more + (["-a"] if threads else []) + [str(target.pid)])

    def stacks(self, output):
        def frame(text):
            parts = text.rsplit(":", 2)
            return (parts[0], parts[1], int(parts[2])) if len(parts) == 3 else None
        return folded(output, frame)

    def dump(self, target):
        return self.run(target, ["dump", str(target.pid)])

    def env(self, target):
        return target.interpreter.environment()


class ProfilingSamplingBlocking(ProfilingSampling):
    name = "profiling.sampling --blocking"
    more = ["--blocking"]

    def dump(self, target):
        return None


ALL = [Pyflame(), PyflameNonblocking(), PySpy(), PySpyNonblocking(), Austin(), ProfilingSampling(),
       ProfilingSamplingBlocking()]
