import Foundation
import TestSupport
import Testing

/// Children of every kind are found, told apart, and shown with their own stacks.
@Suite(.serialized) struct BirthTests {
    static let kinds = [
        "fork", "subprocess", "multiprocessing-fork", "multiprocessing-spawn",
        "multiprocessing-forkserver", "exec", "deep", "daemon", "replaced", "threads",
    ]

    @Test(arguments: kinds, [Watch.kernel, .trace])
    func everyChildIsFound(_ kind: String, _ watch: Watch) throws {
        let python = try #require(Interpreter.any)
        try check(Family(kind, python), watch, "\(kind), \(watch)")
    }

    @Test(arguments: ["subprocess", "exec", "deep", "daemon", "replaced"])
    func lookingThroughProc(_ kind: String) throws {
        try check(Family(kind, try #require(Interpreter.any)), .scan, "\(kind), scan")
    }

    @Test(arguments: ["2.7", "3.6", "3.9", "3.12"])
    func onOtherVersions(_ minor: String) throws {
        guard let python = Interpreter.release(minor) else {
            print("NOT TESTED: process trees of Python \(minor): no interpreter could be had")
            return
        }
        for kind in ["fork", "subprocess"] { try check(Family(kind, python), .kernel, "\(kind), \(minor)") }
    }

    private func check(_ family: Family, _ watch: Watch, _ what: String) throws {
        if watch == .scan && !Watched.canUnshare {
            print("NOT TESTED: \(what): it takes root to have a network namespace")
            return
        }
        let watched = try Watched(family, watch)
        #expect(watched.run.status == 0, "\(what): \(watched.run)")
        if let own = watched.family {
            #expect(own.status == 0 && own.out == "ready\ndone\n", "\(what): \(own)")
        } else {
            #expect(watched.run.out == "ready\ndone\n", "\(what): \(watched.run)")
        }
        let ledger = family.ledger
        #expect(!ledger.isEmpty)
        let labels = Dictionary(grouping: ledger, by: \.pid).mapValues { Set($0.map(\.label)) }
        for (pid, own) in labels {
            let stacks = watched.stacks(of: pid)
            // A daemon whose parent lived for less than a scan takes: nobody can know whose it is.
            if watch == .scan && own == ["daemon"] && stacks.isEmpty { continue }
            for label in own {
                #expect(stacks.contains { $0.contains(":burn_\(label):") }, "\(what): \(pid) \(label): \(watched.profile)")
            }
            // Nobody else's work.
            for stack in stacks {
                guard let burn = stack.firstMatch(of: /:burn_(\w+):/) else { continue }
                #expect(own.contains(String(burn.1)), "\(what): \(pid): \(stack)")
            }
        }
    }
}
