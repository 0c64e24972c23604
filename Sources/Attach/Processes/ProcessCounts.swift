import Sampler

/// What became of the processes of a run.
package struct ProcessCounts {
    /// What is known of one process.
    struct Story {
        var wasFound = false
        var wasSampled = false
        /// A program that it ran has been looked at as a whole, and no interpreter was in it.
        var ranOther = false
        /// Why an interpreter in it could not be read.
        var problem: String?

        /// Adds what a process that was not found to be Python showed of itself.
        mutating func add(_ process: StartingProcess) {
            problem = process.problem ?? problem
            if process.isOther { ranOther = true }
        }
    }

    package private(set) var sampled = 0
    /// Gone before they could be looked at, found or sampled.
    package private(set) var shortLived = 0
    package private(set) var notPython = 0
    /// Python that could not be read.
    package private(set) var unreadable = 0
    /// Found to be Python, sampled or not.
    package private(set) var found = 0
    package private(set) var lastProblem: String?
    /// How long after its birth, or the start of its program, each was found: nanoseconds.
    package var foundAfter = DurationHistogram()
    /// Mapped files that were looked into, and how often one was known already.
    package var filesRead = 0
    package var filesKnown = 0

    package var seen: Int { sampled + shortLived + notPython + unreadable }

    mutating func add(_ story: Story) {
        if story.wasFound { found += 1 }
        if story.wasSampled {
            sampled += 1
        } else if let problem = story.problem, !story.wasFound {
            unreadable += 1
            lastProblem = problem
        } else if story.ranOther && !story.wasFound {
            notPython += 1
        } else {
            shortLived += 1
        }
    }
}
