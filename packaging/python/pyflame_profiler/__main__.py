"""`python -m pyflame_profiler ARGUMENTS` is `pyflame ARGUMENTS`: this process becomes the program."""
import os
import sys

from pyflame_profiler import find_program


def main():
    try:
        program = find_program()
        sys.stdout.flush()
        os.execv(program, [program] + sys.argv[1:])
    except (OSError, RuntimeError) as error:
        sys.exit("pyflame_profiler: %s" % error)


if __name__ == "__main__":
    main()
