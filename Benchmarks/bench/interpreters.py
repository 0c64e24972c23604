"""The interpreters that the targets run on, from the folder that scripts/interpreters fills.

py-spy and Austin want /proc/PID/exe to be the interpreter, and Austin runs it once more. So the interpreter is not
started through its suite's loader, as scripts/interpreters does: a copy of it gets the path of that loader written into
it, in place of the system's.
"""
import glob
import math
import os
import signal
import struct
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
WORK = os.path.join(ROOT, ".build", "bench")
PROGRAMS = os.path.join(ROOT, "Benchmarks", "programs")
FIXTURES = os.path.join(ROOT, "fixtures", "programs")


def cache():
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.environ.get("PYFLAME_INTERPRETERS") or os.path.join(home, "pyflame", "interpreters")


class Interpreter:
    """One CPython from a Debian suite, as scripts/interpreters fetched it."""

    def __init__(self, minor):
        self.minor = minor
        self.version = tuple(int(part) for part in minor.split("."))
        self.launcher = os.path.join(cache(), "python" + minor, "python")
        self.root = os.path.join(os.path.dirname(self.launcher), "root")
        self.executable = os.path.join(WORK, "python" + minor)

    def __str__(self):
        return self.minor

    def prepare(self):
        """False when it is not there."""
        if not os.path.exists(self.launcher):
            return False
        loader = os.path.join("/tmp", "pyflame-bench-" + self.minor)  # must not be longer than the system's
        if os.path.lexists(loader):
            os.unlink(loader)
        os.symlink(os.path.join(self.libraries(), "ld-linux-x86-64.so.2"), loader)
        os.makedirs(WORK, exist_ok=True)
        with open(os.path.join(self.root, "usr", "bin", "python" + self.minor), "rb") as file:
            image = file.read()
        system = b"/lib64/ld-linux-x86-64.so.2\0"
        with open(self.executable, "wb") as file:
            file.write(image.replace(system, os.fsencode(loader).ljust(len(system), b"\0"), 1))
        os.chmod(self.executable, 0o755)
        return True

    def libraries(self):
        for place in ("usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"):
            if os.path.exists(os.path.join(self.root, place, "ld-linux-x86-64.so.2")):
                return os.path.join(self.root, place)
        raise RuntimeError("no loader in " + self.root)

    def environment(self):
        paths = [os.path.join(self.root, place, "x86_64-linux-gnu") for place in ("usr/lib", "lib")]
        return dict(os.environ, PYTHONHOME=os.path.join(self.root, "usr"), PYTHONNOUSERSITE="1",
                    PYTHONDONTWRITEBYTECODE="1", LD_LIBRARY_PATH=":".join(paths))


class Installed:
    """A CPython that is installed on this machine, as it is."""

    def __init__(self, minor, executable):
        self.minor = minor
        self.version = tuple(int(part) for part in minor.split("."))
        self.executable = executable

    def __str__(self):
        return self.minor

    def environment(self):
        return dict(os.environ, PYTHONDONTWRITEBYTECODE="1")


def largest(interpreter):
    """The build of the same version whose symbols take longest to look through: one with a shared libpython and its
    DWARF, as pyenv makes it, where there is one; else `interpreter`."""
    pattern = os.path.expanduser("~/.pyenv/versions/%s.*/lib/libpython%s.so.1.0" % (interpreter, interpreter))
    found = sorted(glob.glob(pattern), key=os.path.getsize)
    if not found or os.path.getsize(found[-1]) < os.path.getsize(interpreter.executable):
        return interpreter
    executable = os.path.join(os.path.dirname(os.path.dirname(found[-1])), "bin", "python%s" % interpreter)
    return Installed(interpreter.minor, executable) if os.path.exists(executable) else interpreter


class Target:
    """A running program; its count of finished rounds, and when the last one was, stand in a file."""

    def __init__(self, interpreter, program, arguments, counter=True):
        arguments = [str(argument) for argument in arguments]
        self.counter = None
        if counter:
            self.counter = os.path.join(WORK, "counter-%d" % os.getpid())
            arguments.insert(2, self.counter)
        self.interpreter = interpreter
        self.process = subprocess.Popen(
            [interpreter.executable, "-u", program] + arguments, env=interpreter.environment(),
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.pid = self.process.pid
        line = self.process.stdout.readline()
        if b"ready" not in line:
            raise RuntimeError("%s did not start on %s: %r" % (os.path.basename(program), interpreter, line))

    def progress(self):
        """Rounds that are finished, and the moment of the last one by the target's clock (s)."""
        with open(self.counter, "rb") as file:
            return struct.unpack("<Qd", file.read(16))

    def pace(self, seconds):
        """Seconds that a round takes now; infinite when none was finished."""
        before = self.progress()
        time.sleep(seconds)
        return pace(before, self.progress())

    def python_size(self):
        """MB of the file that holds the interpreter."""
        with open("/proc/%d/maps" % self.pid) as maps:
            files = {line.split(None, 5)[5].strip() for line in maps if line.count(" ") > 5 and "/" in line}
        return max(os.path.getsize(file) for file in files if "python" in os.path.basename(file)) / 1e6

    def end(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()


def pace(before, after):
    """Seconds for each round between two states of progress."""
    rounds = after[0] - before[0]
    return (after[1] - before[1]) / rounds if rounds > 0 else math.inf
