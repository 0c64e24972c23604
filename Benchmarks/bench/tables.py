"""Markdown tables."""
import sys


def show(title, columns, rows):
    print("\n### %s\n" % title)
    print("| | " + " | ".join(columns) + " |")
    print("| --- " * (len(columns) + 1) + "|")
    for name, cells in rows:
        print("| %s | %s |" % (name, " | ".join(text(cell) for cell in cells)))
    sys.stdout.flush()


def text(cell):
    if cell is None:
        return "-"
    if isinstance(cell, float):
        return "%.2f" % cell if abs(cell) < 10 else "%.1f" % cell if abs(cell) < 100 else "%.0f" % cell
    return str(cell)
