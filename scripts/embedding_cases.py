"""The cases of scripts/show-embedding: each starts its processes and names those that are to be looked at."""
import glob
import json
import os
import shutil
import subprocess

from show_embedding import FIXTURES, LISTED, PYTHONS, Missing, Target, answers, children, from_pypi, options, python, request, tool

PARKED = "parked.py"


def prefix(minor):
    """Where this Python's headers and libraries are."""
    folder = os.path.dirname(os.path.dirname(os.path.realpath(python(minor))))
    if not glob.glob(folder + "/include/python%s*/Python.h" % minor):
        raise Missing("no headers of Python %s" % minor)
    return folder


def library(minor):
    found = glob.glob(prefix(minor) + "/lib/libpython%s*.so.1.0" % minor)
    found += glob.glob(prefix(minor) + "/lib/*-linux-gnu/libpython%s*.so.1.0" % minor)
    if not found:
        raise Missing("no shared libpython of %s" % minor)
    return found[0]


def archive(minor):
    found = glob.glob(prefix(minor) + "/lib/python%s/config*/libpython%s.a" % (minor, minor))
    found += glob.glob(prefix(minor) + "/lib/python%s/config*/libpython%sm.a" % (minor, minor))
    if not found:
        raise Missing("no libpython.a of %s" % minor)
    return found[0]


def build(run, source, minor, *flags):
    path = os.path.join(run.folder, source[:-2])
    headers = glob.glob(prefix(minor) + "/include/python%s*" % minor)[0] if minor else "."
    made = subprocess.run(
        ["gcc", "-O1", "-w", "-pthread", "-I", headers, os.path.join(FIXTURES, source), *flags, "-o", path, "-ldl", "-lutil", "-lm"],
        capture_output=True, text=True)
    if made.returncode:
        raise Missing("it could not be built: " + made.stderr[-200:].replace("\n", " "))
    return path


def home(minor):
    return {"PYTHONHOME": prefix(minor)}


def parked(run, command, shown=None, **environment):
    """A process that writes the truth of its six threads."""
    process = run.start(command, shown, **environment)
    run.wait_for(run.truth())
    return [Target(process.pid, [run.truth()])]


# ---- Servers ----

def uwsgi(command, flags, applications=("a", "b")):
    def case(run, work):
        uwsgi_command = command(work)
        address = os.path.join(run.folder, "socket")
        mounts = [word for name in applications for word in ("--mount", "/%s=app.py" % name)]
        all_words = [*uwsgi_command, *flags, *mounts, "--manage-script-name", "--master", "--processes", "2"]
        master = run.start(all_words + ["--http-socket", address])
        run.command = run.command.replace(address, "SOCKET")
        run.wait(lambda: answers("/a/", address), "it does not answer")
        connection = request("/%s/park/one" % applications[-1], address)
        truth = run.truth() + "-one"
        run.wait_for(truth)
        workers = children(master.pid)
        number = busy_child(workers, truth)
        yield Target(number, [truth], "worker in a request")
        for pid in workers:
            if pid != number:
                yield Target(pid, [], "waiting worker")
        yield Target(master.pid, [], "master")
        connection.close()

    return case


def busy_child(workers, truth):
    """The process that wrote the truth: the one whose dump has its last frame."""
    with open(truth) as file:
        frames = [thread["frames"] for thread in json.load(file)["threads"] if thread["frames"]]
    for pid in workers:
        dump = subprocess.run([options.pyflame, "-d", "-p", str(pid)], capture_output=True, text=True).stdout
        if any(stack[0]["name"] in dump for stack in frames if stack[0]["name"].endswith("park")):
            return pid
    raise Missing("no worker shows the request")


def debian_uwsgi(work):
    return [tool("uwsgi-core"), "--plugin", "python3"]


def gunicorn(kind):
    def case(run, work):
        from_pypi(work, "3.11", "gunicorn gevent", "gunicorn")
        command = os.path.join(work, "venv-3.11/bin/gunicorn")
        if not os.path.exists(os.path.dirname(command) + "/../lib/python3.11/site-packages/gevent"):
            from_pypi(work, "3.11", "gevent", "no-such-program")
        address = os.path.join(run.folder, "socket")
        master = run.start([command, "-k", kind, "-w", "2", "-b", "unix:" + address, "app:application"])
        run.command = run.command.replace(address, "SOCKET")
        run.wait(lambda: answers("/", address), "it does not answer")
        connection = request("/park/one", address)
        truth = run.truth() + "-one"
        run.wait_for(truth)
        yield Target(busy_child(children(master.pid), truth), [truth], "worker in a request")
        connection.close()

    return case


def mod_wsgi(run, work):
    modules = "/usr/lib/apache2/modules"
    if not os.path.exists(modules + "/mod_wsgi.so"):
        raise Missing("no libapache2-mod-wsgi-py3")
    port = 9733
    configuration = os.path.join(run.folder, "httpd.conf")
    os.chmod(run.folder, 0o777)
    with open(configuration, "w") as file:
        file.write("""
ServerRoot {0}
ServerName localhost
Listen 127.0.0.1:{1}
PidFile {0}/pid
ErrorLog {0}/error.log
LoadModule mpm_event_module {2}/mod_mpm_event.so
LoadModule authz_core_module {2}/mod_authz_core.so
LoadModule wsgi_module {2}/mod_wsgi.so
User www-data
Group www-data
WSGIDaemonProcess one user=www-data group=www-data processes=1 threads=3
WSGIProcessGroup one
WSGISocketPrefix {0}/wsgi
WSGIScriptAlias / {3}/app.py
""".format(run.folder, port, modules, FIXTURES))
    server = run.start([tool("apache2"), "-f", configuration, "-DFOREGROUND"])
    run.command = "apache2 -f httpd.conf, WSGIDaemonProcess threads=3"
    run.wait(lambda: answers("/", ("127.0.0.1", port)), "it does not answer")
    connection = request("/park/one", ("127.0.0.1", port))
    run.wait_for(run.truth() + "-one")
    yield Target(busy_child(children(server.pid), run.truth() + "-one"), [run.truth() + "-one"], "daemon in a request")
    connection.close()


# ---- Programs and files ----

def linked(minor, *flags, strip=False, nameless=False):
    def case(run, work):
        path = build(run, "embed.c", minor, archive(minor), *flags)
        if strip or nameless:
            subprocess.run(["strip", "-s", path], check=True)
        if nameless:
            subprocess.run([python("3.11"), os.path.join(FIXTURES, "unname.py"), path], check=True)
        yield from parked(run, [path, PARKED], "gcc embed.c libpython%s.a %s" % (minor, " ".join(flags)), **home(minor))

    return case


def loaded(minor, *flags, copies=0, change=None):
    def case(run, work):
        path = build(run, "dlopen.c", None)
        libraries = [library(minor)]
        for number in range(copies):
            libraries.append(os.path.join(run.folder, "copy%d.so" % number))
            shutil.copy(library(minor), libraries[-1])
        if change == "headers":
            subprocess.run(["strip", "-s", libraries[-1]], check=True)
            subprocess.run([python("3.11"), os.path.join(FIXTURES, "unname.py"), "--keep-names", libraries[-1]], check=True)
        used = libraries[-1:] if change else libraries
        targets = parked(run, [path, *flags, PARKED, *used], None, **home(minor))
        run.command = "dlopen %s%s" % (" ".join([*flags, ""]), " ".join(map(os.path.basename, used)))
        if change == "deleted":
            os.unlink(used[-1])
        elif change == "replaced":
            with open(used[-1] + ".new", "w") as file:
                file.write("another file")
            os.rename(used[-1] + ".new", used[-1])
        yield from targets

    return case


def subinterpreters(minor):
    def case(run, work):
        path = build(run, "subinterpreters.c", minor, library(minor), "-Wl,-rpath," + os.path.dirname(library(minor)))
        process = run.start([path, "parked_alone.py"], **home(minor))
        truths = ["%s-%d" % (run.truth(), number) for number in range(4)]
        run.wait_for(*truths)
        yield Target(process.pid, truths, "four interpreters")

    return case


def pyinstaller(kind):
    def case(run, work):
        command = from_pypi(work, "3.11", "pyinstaller", "pyinstaller")
        made = subprocess.run(
            [command, "--" + kind, "--distpath", run.folder, "--workpath", run.folder + "/work", "--specpath", run.folder,
             "--log-level", "ERROR", "--paths", FIXTURES, os.path.join(FIXTURES, PARKED)], capture_output=True, text=True)
        if made.returncode:
            raise Missing("pyinstaller: " + made.stderr[-200:])
        path = run.folder + ("/parked" if kind == "onefile" else "/parked/parked")
        process = run.start([path], "pyinstaller --%s parked.py" % kind)
        run.wait_for(run.truth())
        # A single file unpacks itself and runs the program in a child.
        yield Target((children(process.pid) or [process.pid])[-1], [run.truth()])

    return case


def virtualenv(minor):
    def case(run, work):
        subprocess.run([python(minor), "-m", "venv", "--without-pip", run.folder + "/venv"], check=True)
        yield from parked(run, [run.folder + "/venv/bin/python", PARKED], "venv/bin/python parked.py")

    return case


def separate_debug(minor):
    """Debian's release build beside its debug file by build-id: what --layout dwarf then reads."""
    def case(run, work):
        root = os.path.expanduser("~/.cache/pyflame/interpreters/python%s-dbg" % minor)
        if not os.path.exists(root + "/root/usr/lib/debug/.build-id"):
            raise Missing("scripts/interpreters fetch python%s-dbg" % minor)
        with open(root + "/python") as file:
            launcher = file.read()
        program = launcher.split("'")[-2]
        release = os.path.join(os.path.dirname(program), "python" + minor)
        path = os.path.join(run.folder, "python")
        with open(path, "w") as file:
            file.write(launcher.replace("'%s'" % program, "'%s'" % release))
        os.chmod(path, 0o755)
        for target in parked(run, [path, "-S", PARKED], "python%s -S parked.py" % minor):
            yield Target(target.pid, target.truths, "--layout dwarf", ["--layout", "dwarf"])

    return case


def dwarf(command):
    """From debug information alone, pyflame's own tables set aside."""
    def case(run, work):
        with_dwarf = Target(run.start([command, PARKED], "python parked.py").pid, [run.truth()], "--layout dwarf", ["--layout", "dwarf"])
        run.wait_for(run.truth())
        probe = subprocess.run(
            [options.pyflame, "--probe", "--layout", "dwarf", "-p", str(with_dwarf.pid)], capture_output=True, text=True).stdout
        if "no debug information" in probe:
            raise Missing("this build has no debug information")
        yield with_dwarf

    return case


def namespaces(*flags):
    def case(run, work):
        script = 'exec "%s" parked.py' % python("3.11")
        if subprocess.run([tool("unshare"), *flags, "true"]).returncode:
            raise Missing("unshare is not permitted here")
        process = run.start([tool("unshare"), *flags, "/bin/sh", "-c", script])
        run.command = "unshare %s python3.11 parked.py" % " ".join(flags)
        run.wait_for(run.truth())
        yield Target((children(process.pid) or [process.pid])[-1], [run.truth()], "from outside")

    return case


def cases():
    """Name, minor version for --abi, case."""
    for what, flags in (("sub-interpreters", []), ("single-interpreter", ["--single-interpreter"]),
                        ("threads", ["--enable-threads", "--threads", "4"])):
        yield "uWSGI, Debian's plugin, " + what, "3.11", uwsgi(debian_uwsgi, flags)
        for minor in ["3.6"] if what != "sub-interpreters" else ["2.7", "3.6", "3.9", "3.11", "3.12", "3.13"]:
            command = (lambda minor: lambda work: [from_pypi(work, minor, "uwsgi", "uwsgi")])(minor)
            yield "uWSGI from PyPI, Python %s, %s" % (minor, what), minor, uwsgi(command, flags)
    for kind in ("sync", "gthread", "gevent"):
        yield "gunicorn, %s worker" % kind, "3.11", gunicorn(kind)
    yield "mod_wsgi", "3.11", mod_wsgi
    minors = [minor for minor in PYTHONS if glob.glob(
        os.path.dirname(os.path.dirname(os.path.realpath(PYTHONS[minor]))) + "/include/python%s*/Python.h" % minor)]
    for minor in minors:
        yield "C program with libpython%s.a" % minor, minor, linked(minor)
        yield "the same, no symbols, no section headers", minor, linked(minor, nameless=True)
        yield "C program, dlopen, Python %s" % minor, minor, loaded(minor)
        yield "C program, four interpreters, Python %s" % minor, minor, subinterpreters(minor)
    for minor in [minor for minor in ("2.7", "3.6", "3.11", "3.13") if minor in minors]:
        yield "not position independent, %s" % minor, minor, linked(minor, "-no-pie")
        yield "linked for another address, %s" % minor, minor, linked(minor, "-pie", "-Wl,-Ttext-segment=0x3f000000000")
        yield "separate code segments, %s" % minor, minor, linked(minor, "-Wl,-z,separate-code")
        yield "stripped, %s" % minor, minor, linked(minor, "-rdynamic", strip=True)
        yield "section headers removed, %s" % minor, minor, loaded(minor, copies=1, change="headers")
        yield "two copies of libpython, %s" % minor, minor, loaded(minor, copies=1)
        yield "in a link namespace of its own, %s" % minor, minor, loaded(minor, "-n", copies=1)
        yield "libpython deleted while it runs, %s" % minor, minor, loaded(minor, copies=1, change="deleted")
        yield "libpython replaced while it runs, %s" % minor, minor, loaded(minor, copies=1, change="replaced")
    for kind in ("onefile", "onedir"):
        yield "PyInstaller, " + kind, "3.11", pyinstaller(kind)
    yield "virtualenv", "3.11", virtualenv("3.11")
    for minor in ("3.9", "3.13", "3.15"):
        yield "debug information in separate files, %s" % minor, minor, separate_debug(minor)
    for version, kind, command in LISTED:
        yield "DWARF alone, %s %s" % (version, kind), ".".join(version.split(".")[:2]), dwarf(command)
    yield "mount, PID and network namespace", "3.11", namespaces("--mount", "--pid", "--fork", "--net")
    yield "user namespace besides", "3.11", namespaces("--user", "--map-root-user", "--mount", "--pid", "--fork", "--net")
