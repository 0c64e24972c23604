"""The two tables that sum a run up: pyflame beside its peers, and pyflame beside its goals."""
import profilers
from results import number, spread
from sections import NAMES
from tables import show

OLD, NEW = ("2.7", "3.9"), ("3.11", "3.13", "3.15")
ALL = OLD + NEW


def ratio(value):
    return "%.2f" % value


def peers_table(results):
    rows = [("reads", [profiler.versions for profiler in profilers.ALL])]

    def row(title, cell):
        cells = [cell(name) for name in NAMES]
        if any(cells):
            rows.append((title, cells))

    def figures(name, key, form=number, versions=ALL, case=None, of=lambda value: value):
        found = [of(value) for values in results.values(key, name, versions, case).values() for value in values]
        return spread(found, form) if found else None

    def several(key, cases, versions):
        def cell(name):
            parts = [figures(name, key, "{:.0f}".format, versions, case) for case in cases]
            return " / ".join(part or "-" for part in parts) if any(parts) else None
        return cell

    def one(key, form=number, of=lambda value: value):
        return lambda name: figures(name, key, form, of=of) or (
            results.why_not(key, name) if key in results.rows else None)

    depths = [case for case in ("depth 10", "depth 50", "depth 200")
              if any(key[1] == case for key in results.rows.get("calls", {}))]
    title = "system calls per sample, " + " / ".join(depths)
    row(title + " (2.7, 3.9)", several("calls", depths, OLD))
    row("the same from 3.11 on", several("calls", depths, NEW))
    row("the same, all threads, depth 10, 8 / 64 threads",
        several("calls of all threads", ["8 threads", "64 threads"], ALL))
    row("memory reads per sample, any depth", one("reads", "{:.0f}".format))
    row("profiler's CPU per sample at 1 kHz, µs", one("cpu", "{:.0f}".format))
    for hertz, text in ((1000, "1 kHz"), (10000, "10 kHz")):
        row("target's wall time at %s, ratio" % text, one("wall %d" % hertz, ratio, of=lambda pairs: pairs.median))
    row("wrong stacks, adversarial, %", one("wrong", of=lambda found: found.bad))
    row("rejected or failed, adversarial, %", one("wrong", of=lambda found: found.rejected))
    for hertz, text in ((1000, "1 kHz"), (10000, "10 kHz")):
        row("time given to the wrong function at %s, a system call every 20 µs, points" % text,
            lambda name, case="calls, %d Hz" % hertz: figures(
                name, "accuracy", case=case, of=lambda found: found.error))
    row("highest real rate, depth 50, kHz", one("rate"))
    row("target's wall time then, ratio", one("wall 200000", ratio))
    row("one dump, start to exit, ms", one("dump"))
    row("idle target: CPU per tick at 1 kHz, µs", one("idle", "{:.0f}".format))
    row("peak RSS, MB", one("rss"))
    show("pyflame and its peers: lowest to highest of the versions that were measured", NAMES, [
        (title, [cell or "" for cell in cells]) for title, cells in rows])


class Goal:
    """A figure of pyflame's own that is to be at most (or at least) so much, in each of its two ways."""

    def __init__(self, title, key, limits, form=number, at_least=False, case=None, versions=ALL, of=lambda value: value):
        self.title, self.key, self.limits, self.form = title, key, limits, form
        self.at_least, self.case, self.versions, self.of = at_least, case, versions, of

    def cell(self, results, name, limit):
        if limit is None:
            return ""
        measured = {version: [self.of(value) for value in values] for version, values in
                    results.values(self.key, name, self.versions, self.case).items()}
        figures = [value for values in measured.values() for value in values]
        if not figures:
            return "not measured"
        worst = min(figures) if self.at_least else max(figures)
        # As it is printed, so that nothing hangs on a digit that nobody sees.
        seen, bound = float(self.form(worst)), float(self.form(float(limit)))
        if seen >= bound if self.at_least else seen <= bound:
            return "%s: yes" % spread(figures, self.form)
        version = next(version for version, values in measured.items() if worst in values)
        miss = "by %s" % self.form(abs(worst - limit)) if not limit else "by %.0f %%" % (abs(worst / limit - 1) * 100)
        return "%s: NO, %s on %s" % (spread(figures, self.form), miss, version)


GOALS = [
    Goal("wrong stacks among those accepted, %: 0", "wrong", (0, 0), of=lambda found: found.bad),
    Goal("rejected or failed readings, %: below 5", "wrong", (None, 5), of=lambda found: found.rejected),
    Goal("memory reads per sample in the steady state, any depth: 1", "reads", (1, 1)),
    Goal("the same, 8 and 64 threads, all sampled: 1", "reads of all threads", (1, 1)),
    Goal("the same while the program moves on: at most 2", "reads moving on", (2, 2)),
    Goal("system calls per sample, any depth: at most 8", "calls", (8, 8)),
    Goal("the same, --threads and 8 threads: at most 8", "calls of all threads", (8, 8), case="8 threads"),
    Goal("the same, --threads and 64 threads: at most 10", "calls of all threads", (10, 10), case="64 threads"),
    Goal("CPU per sample, depth 50, 1 kHz, µs: at most 60", "cpu", (60, 60)),
    Goal("target's wall time at 1 kHz, ratio: at most 1.03; 1.02", "wall 1000", (1.03, 1.02), "{:.3f}".format,
         of=lambda pairs: pairs.median),
    Goal("target's wall time at 10 kHz, ratio: at most 1.3; 1.2", "wall 10000", (1.3, 1.2), ratio,
         of=lambda pairs: pairs.median),
    Goal("highest sustained rate, depth 50, kHz: at least 40; 50", "rate", (40, 50), at_least=True),
    Goal("part of the target's time that it was held then, by a stop or a busy core: at most 1/3", "held", (1 / 3, None), "{:.3f}".format),
    Goal("one dump, start to exit, 2.7 and 3.13 (also its largest build), ms: at most 6", "dump", (6, None),
         versions=("2.7", "3.13")),
    Goal("idle target at 1 kHz, stops: 0", "idle stops", (0, 0), "{:.0f}".format),
    Goal("idle target at 1 kHz, CPU per sample, µs: at most 20", "idle", (20, 20)),
    Goal("peak RSS after as many samples as an hour at 100 Hz has, MB: at most 12", "rss hour", (12, 12)),
    Goal("of which came after the first ninth of them, MB: 0", "rss grown", (0, 0)),
]


def goals_table(results, names=NAMES[:2]):
    rows = [(goal.title, [goal.cell(results, name, limit) for name, limit in zip(names, goal.limits)])
            for goal in GOALS]
    show("The goals: lowest to highest of the versions that were measured, and whether all reach them",
         ["default", "--nonblocking"], rows)
    ratios = [pairs.median for name in NAMES[:2] for pairs_of in results.values("wall 1000", name).values()
              for pairs in pairs_of]
    if ratios and min(ratios) < 0.97:
        print("\nThe machine was not quiet: a target seemed to run faster with a profiler than without. Counts hold, times do not.")
