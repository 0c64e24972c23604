"""Markdown tables."""
import sys


def show(title, columns, rows):
    print("\n### %s\n" % title)
    print("| | " + " | ".join(columns) + " |")
    print("| --- " * (len(columns) + 1) + "|")
    for name, cells in rows:
        print("| %s | %s |" % (name, " | ".join(cells)))
    sys.stdout.flush()
