"""Finds the program `pyflame`, which this distribution (pyflame-profiler) brings, and nothing else.

    import pyflame_profiler, subprocess
    subprocess.call([pyflame_profiler.find_program(), "-o", "profile.svg", "-p", "1234"])

Runs under Python 2.7 and 3.3 or later. The program itself needs no Python.
"""
import os
import sys
import sysconfig

NAME = "pyflame"


def _size_in(record):
    """Where the installer put the program and how large it is, by its RECORD (PEP 376): (path, size), or None."""
    try:
        with open(record, "rb") as file:
            lines = file.read().decode("utf-8", "replace").splitlines()
    except (IOError, OSError):
        return None
    for line in lines:
        fields = line.rsplit(",", 2)
        if len(fields) == 3 and fields[0].strip('"').replace("\\", "/").split("/")[-1] == NAME and fields[2].isdigit():
            return fields[0].strip('"'), int(fields[2])
    return None


def _candidates():
    """Places where the program may be, the installer's own word first; and the size that it must have, if known."""
    site = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    size = None
    places = []
    for entry in sorted(os.listdir(site)):
        if entry.startswith("pyflame_profiler-") and entry.endswith(".dist-info"):
            found = _size_in(os.path.join(site, entry, "RECORD"))
            if found:
                # Relative to the folder that holds the module.
                places.append(os.path.normpath(os.path.join(site, found[0])))
                size = found[1]
    # `pip install --target FOLDER` moves scripts to FOLDER/bin after RECORD was written.
    places.append(os.path.join(site, "bin", NAME))
    for scheme in ("posix_prefix", "posix_user", "posix_home"):
        if scheme in sysconfig.get_scheme_names():
            places.append(os.path.join(sysconfig.get_path("scripts", scheme), NAME))
    places.append(os.path.join(os.path.dirname(sys.executable or "/usr/bin/python"), NAME))
    return places, size


def find_program():
    """The path of the program that came with this distribution.

    Raises RuntimeError, with all places that were looked at, if it is nowhere. A file of the same name that
    somebody else put there is not taken for it: its size is another.
    """
    places, size = _candidates()
    looked_at = []
    for place in places:
        if any(place == known for known, _ in looked_at):
            continue
        if not os.path.isfile(place):
            looked_at.append((place, "no such file"))
        elif size is not None and os.path.getsize(place) != size:
            looked_at.append((place, "another program: it was replaced after the installation"))
        elif not os.access(place, os.X_OK):
            looked_at.append((place, "not executable"))
        else:
            return place
    raise RuntimeError(
        "the program pyflame of pyflame-profiler is in none of these places:\n"
        + "".join("  %s (%s)\n" % pair for pair in looked_at)
        + "Install it again: python -m pip install --force-reinstall pyflame-profiler")
