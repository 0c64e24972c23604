import Foundation
import FrameDecoding
import StandardDecoders
import TargetMemory
import Testing
import TestSupport

@testable import Probe
@testable import Py26
@testable import Py311
@testable import Py313
@testable import Py34
@testable import Py36

/// Layouts and reads, on real interpreters that stand still.
@Suite(.serialized) struct LiveLayoutTests {
    private static let parked = """
        import sys, threading, time
        def down(n):
            if n: return down(n - 1)
            never.acquire()
        never = threading.Lock()
        never.acquire()
        for i in range(6):
            t = threading.Thread(target=down, args=(5 + 8 * i,))
            t.daemon = True
            t.start()
        while len([f for f in sys._current_frames().values() if f.f_code.co_name == 'down']) < 6: time.sleep(0.01)
        time.sleep(0.05)
        sys.stdout.write('ready')
        sys.stdout.flush()
        time.sleep(100000)
        """

    private func probe(_ python: Child, _ memory: Memory) throws -> LocatedInterpreter {
        let symbols = Set(standardDecoders.flatMap(\.symbols))
        let report = try ProcessProbe(target: .process(python.pid), memory: memory, symbols: symbols).run()
        return try #require(report.candidates.first)
    }

    /// The module's own offsets, and the same filled from DWARF, as text that shows every field.
    private func layouts(_ site: LocatedInterpreter, _ structs: any StructLayouts, _ memory: Memory) throws
        -> (own: String, dwarf: String, missing: [String])
    {
        let missing: [String]
        switch site.version {
        case ..<PythonVersion(3, 11):
            let row = switch site.version {
            case ..<PythonVersion(3, 4): Py26.layout
            case ..<PythonVersion(3, 6): Py34.layout
            default: try #require(Py36.Layouts.row(site.version))
            }
            var filled = row
            missing = filled.fill(from: structs)
            return ("\(row)", "\(filled)", missing)
        case ..<PythonVersion(3, 13):
            let row = try #require(Py311.Layouts.row(site.version))
            var filled = row
            missing = filled.fill(from: structs)
            // The table leaves it out: in 3.12 it stands behind too much that may change.
            if row.codeGeneration == nil { filled.codeGeneration = nil }
            return ("\(row)", "\(filled)", missing)
        default:
            let runtime = try #require(site.address(of: "_PyRuntime"))
            let row = try InterpreterFrameABI(DebugOffsets(at: runtime, in: memory))
            var filled = row
            missing = filled.fill(from: structs)
            return ("\(row)", "\(filled)", missing)
        }
    }

    @Test(arguments: Interpreter.all)
    func againstDWARF(_ python: Interpreter) throws {
        let program = try python.start(["-c", "import sys, time\nsys.stdout.write('ready')\nsys.stdout.flush()\ntime.sleep(100000)"])
        let memory = Memory(source: LiveProcess(pid: program.pid))
        memory.refresh()
        let site = try probe(program, memory)
        guard let structs = site.structLayouts else {
            print("NOT TESTED: layout of \(python) against DWARF: it has none")
            return
        }
        let (own, dwarf, missing) = try layouts(site, structs, memory)
        #expect(missing.isEmpty, "\(python)")
        if python.kind == "debug" && site.version < PythonVersion(3, 8) {
            // Two more words in each object: the table must not fit, and DWARF is used.
            #expect(own != dwarf)
        } else {
            #expect(own == dwarf, "\(python)")
        }
        print("LAYOUT AGAINST DWARF \(python.version) \(python.kind): \(own == dwarf ? "equal" : "different, as it should be")")
    }

    /// A steady target costs one system call a sample, whatever the version.
    @Test(arguments: Interpreter.all)
    func oneReadPerSample(_ python: Interpreter) throws {
        let program = try python.start(["-c", Self.parked])
        let source = LiveProcess(pid: program.pid)
        let memory = Memory(source: source)
        memory.refresh()
        let site = try probe(program, memory)
        var decoder: (any FrameDecoder)?
        let frames = FrameTable()
        for module in standardDecoders {
            guard case .reads(let choices) = module.claim(site, memory, frames) else { continue }
            for choice in choices where decoder == nil {
                guard let made = try? choice.makeDecoder(), let threads = try? made.threads(in: memory) else { continue }
                var some: [FrameID] = []
                guard threads.count == 7, (try? made.stack(of: threads[0], in: memory, into: &some)) != nil else { continue }
                decoder = made
            }
        }
        let reader = try #require(decoder, "\(python)")
        func sample() throws -> [[FrameID]] {
            memory.refresh()
            #expect(try reader.lockState(in: memory).holders.isEmpty)
            return try reader.threads(in: memory).map { thread in
                var stack: [FrameID] = []
                try reader.stack(of: thread, in: memory, into: &stack)
                return stack
            }
        }
        // Until the main thread sleeps, for good.
        #expect(eventually { ((try? sample()) ?? []) == ((try? sample()) ?? [[]]) })
        let first = try sample()
        #expect(first.count == 7 && first.map(\.count).max()! > 45)
        let before = source.systemCalls
        for _ in 0..<200 { #expect(try sample() == first) }
        #expect(source.systemCalls - before == 200, "\(python)")
    }

    /// The same, of the whole sampler: all threads of a program that sleeps take two readings that
    /// agree; finding them is spread over a hundred samples.
    @Test func systemCallsPerSample() throws {
        for (program, bound) in [(["-c", Self.parked], 5.0), ([fixture("known_stacks.py")], .infinity)] {
            let python = try #require(Interpreter.any)
            let target = try python.start(program)
            let run = try pyflame("--stats", "--threads", "-p", "\(target.pid)", "-s", "1", "-r", "0.005")
            #expect(run.status == 0)
            let line = try #require(run.err.split(separator: "\n").first { $0.hasPrefix("system calls:") })
            let calls = try #require(line.split(separator: " ").compactMap { Double($0) }.first)
            #expect(calls <= bound)
            print("SYSTEM CALLS \(python.version) \(bound < 100 ? "parked" : "busy"): \(calls) per sample of all threads")
        }
    }
}
