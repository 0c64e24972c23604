import Foundation
import TestSupport
import Testing

/// `--mode` and `--thread-names` on threads of which one computes in C without the GIL, one in Python, and
/// the others sleep.
@Suite(.serialized) struct ModeTests {
    /// Samples of each thread, by name: `thread NAME (TID)` is the root of its stacks. A `;` in a name is `\x3b`.
    private func counts(_ run: Finished) -> [String: Int] {
        var counts: [String: Int] = [:]
        for line in run.out.split(separator: "\n") {
            guard let space = line.lastIndex(of: " "), let count = Int(line[line.index(after: space)...]) else { continue }
            let root = line[..<space].split(separator: ";")[0]
            guard root.hasPrefix("thread "), let end = root.range(of: " (", options: .backwards) else {
                counts[String(root), default: 0] += count
                continue
            }
            #expect(root.hasSuffix(")") && Int(root[end.upperBound...].dropLast()) != nil, "\(root)")
            counts[root[..<end.lowerBound].dropFirst(7).replacingOccurrences(of: "\\x3b", with: ";"), default: 0] += count
        }
        return counts
    }

    /// Apart from the attribute: Swift 6.0 does not survive a closure there.
    static let interpreters = Interpreter.eachMinor + Interpreter.all.filter { $0.kind == "debug" }

    @Test(arguments: interpreters)
    func modes(_ python: Interpreter) throws {
        let program = try python.start([fixture("modes.py")])
        guard program.out.contains("ready") else {
            print("NOT TESTED: modes on \(python): \(program.err)")
            return
        }
        func run(_ options: String...) throws -> [String: Int] {
            let run = try pyflame(["-p", "\(program.pid)", "-n", "--thread-names"] + options)
            #expect(run.status == 0 && run.err.isEmpty, "\(python): \(run.err)")
            return counts(run)
        }
        let wall = try run("--mode", "wall", "-s", "0")
        #expect(wall == ["MainThread": 1, "the;compress": 1, "the;spin": 1, "the;sleep": 1], "\(python): \(wall)")

        let cpu = try run("--mode", "cpu", "-s", "0.4")
        #expect((cpu["the;compress"] ?? 0) > 3 && (cpu["the;spin"] ?? 0) > 3, "\(python): \(cpu)")
        #expect(cpu["the;sleep"] == nil && cpu["MainThread"] == nil, "\(python): \(cpu)")

        let gil = try run("-s", "0.4")
        // Now and then it holds the GIL for a moment, to begin anew.
        #expect((gil["the;spin"] ?? 0) > 4 * (gil["the;compress"] ?? 0), "\(python): \(gil)")
        #expect(gil["the;sleep"] == nil && gil["MainThread"] == nil, "\(python): \(gil)")
    }

    /// A program that only sleeps is idle in `cpu`, and all there in `wall`.
    @Test func idle() throws {
        let python = try #require(Interpreter.any)
        let program = try python.start(["-c", "import time; print('ready', flush=True); time.sleep(1e6)"])
        #expect(eventually { (try? pyflame("-p", "\(program.pid)", "--mode", "cpu", "-s", "0").out) == "(idle) 1\n" })
        let wall = try pyflame("-p", "\(program.pid)", "--mode", "wall", "-s", "0")
        #expect(wall.out.hasSuffix(":<module>:1 1\n"), "\(wall)")
    }
}
