import Foundation
import TestSupport
import Testing

/// Children that are there for a moment only, and children that are no Python.
@Suite(.serialized) struct ShortLivedTests {
    /// Each of them ends with the status that it should (the program checks that), and each is counted.
    @Test(arguments: Watch.allCases)
    func aHundredInASecond(_ watch: Watch) throws {
        guard watch != .scan || Watched.canUnshare else {
            print("NOT TESTED: short-lived children seen through /proc: it takes root to have a network namespace")
            return
        }
        let family = try Family("storm", try #require(Interpreter.any))
        let watched = try Watched(family, watch)
        #expect(watched.run.status == 0, "\(watched.run)")
        #expect((watched.family?.out ?? watched.run.out) == "ready\ndone\n")
        let seen = try #require(watched.count("seen"))
        // The kernel's news may be shut off where the tests run; then there are only looks at /proc.
        let isComplete = watch == .trace || (watch == .kernel && seen > 50)
        if isComplete {
            #expect(seen == 101, "\(watched.run.err)")
            #expect(try #require(watched.count("too")) + (watched.count("sampled") ?? 0) == 101, "\(watched.run.err)")
        } else if watch == .kernel {
            print("NOT TESTED: all births counted: the kernel does not tell of them here")
        }
        #expect(watched.profile.contains(":burn_storm:"), "\(watched.profile)")
    }

    @Test(arguments: Watch.allCases)
    func commandsAreNoPython(_ watch: Watch) throws {
        guard watch != .scan || Watched.canUnshare else { return }
        let family = try Family("commands", try #require(Interpreter.any))
        let watched = try Watched(family, watch)
        #expect(watched.run.status == 0, "\(watched.run)")
        #expect((watched.family?.out ?? watched.run.out) == "ready\ndone\n")
        #expect(watched.count("unreadable") == 0, "\(watched.run.err)")
        let pid = try #require(family.ledger.first?.pid)
        #expect(watched.stacks(of: pid).contains { $0.contains(":burn_commander:") })
        // A child between fork and exec may have been seen in a sample; none is seen as a shell.
        for line in watched.profile.split(separator: "\n") { #expect(!line.contains("(sh)"), "\(line)") }
    }
}
