"""The interpreters that the targets run on, from the folder that scripts/interpreters fills.

py-spy and Austin want /proc/PID/exe to be the interpreter, and Austin runs it once more. So the interpreter is not
started through its suite's loader, as scripts/interpreters does: a copy of it gets the path of that loader written into
it, in place of the system's.
"""
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


class Target:
    """A running program; its count of finished rounds stands in a file."""

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

    def rounds(self):
        with open(self.counter, "rb") as file:
            return struct.unpack("<Q", file.read(8))[0]

    def speed(self, seconds):
        """Rounds per second over a while."""
        start, first = time.monotonic(), self.rounds()
        time.sleep(seconds)
        return (self.rounds() - first) / (time.monotonic() - start)

    def end(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()
