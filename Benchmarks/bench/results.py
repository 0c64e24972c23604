"""What was measured, by row, case and profiler, and how figures are printed."""
from tables import show

ABSENT = "-"


class Results:
    def __init__(self):
        self.rows = {}  # row: {(interpreter, case): {profiler: cell}}
        self.titles = {}

    def put(self, row, interpreter, case, profiler, cell):
        self.rows.setdefault(row, {}).setdefault((interpreter, case), {})[profiler] = cell

    def values(self, row, profiler, versions=None, case=None):
        """{version: figure} of what could be measured."""
        found = {}
        for (interpreter, its_case), cells in self.rows.get(row, {}).items():
            cell = cells.get(profiler)
            if case in (None, its_case) and (versions is None or interpreter in versions) \
                    and cell is not None and not isinstance(cell, str):
                found.setdefault(interpreter, []).append(cell)
        return found

    def why_not(self, row, profiler):
        """What stands in a cell instead of a figure, when there is nothing else."""
        for cells in self.rows.get(row, {}).values():
            if isinstance(cells.get(profiler), str):
                return cells[profiler]
        return ABSENT

    def show(self, row, title, profilers):
        if row in self.rows:
            show(title, profilers, [
                (", ".join(part for part in key if part), [number(cells.get(name)) for name in profilers])
                for key, cells in self.rows[row].items()])


def number(value):
    if value is None:
        return ""
    if isinstance(value, float):
        return "%.1f" % value if abs(value) < 100 else "%.0f" % value
    return str(value)


def spread(values, form=number):
    """`4.0` or `3.9-4.2`."""
    texts = [form(value) for value in sorted(values)]
    return texts[0] if texts[0] == texts[-1] else "%s-%s" % (texts[0], texts[-1])
