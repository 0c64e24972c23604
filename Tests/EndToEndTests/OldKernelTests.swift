import Foundation
import TestSupport
import Testing

/// What makes a new kernel behave like an old one, where that can be had.
enum OldKernel {
    /// The launcher, run by a Python whose ctypes works.
    static let launcher: [String]? = Interpreter.eachMinor.reversed().lazy
        .filter { !$0.minor.hasPrefix("2") }
        .map { [$0.command, fixture("old_kernel.py")] }
        .first { (try? Child($0 + ["/bin/true"]).finish().status) == 0 }

    static var isPossible: Bool { launcher != nil }
}

/// pyflame on Linux 3.10: every system call that came later fails with ENOSYS (fixtures/programs/old_kernel.py).
@Suite(.serialized, .enabled(if: OldKernel.isPossible, "no python3 that can set a seccomp filter on this machine"))
struct OldKernelTests {
    private func onOldKernel(_ arguments: [String], without calls: String? = nil) throws -> Finished {
        let launcher = try #require(OldKernel.launcher)
        return try Child(launcher + (calls.map { ["--without", $0] } ?? []) + [pyflamePath] + arguments).finish()
    }

    /// Every frame of every thread, as the interpreter itself says.
    @Test func dumpIsTheInterpretersOwn() throws {
        let parked = try ParkedProgram([try #require(Interpreter.any).command])
        let dump = try onOldKernel(["--dump", "-p", parked.pid])
        #expect(dump.status == 0 && dump.err.isEmpty, "\(dump)")
        let stacks = parseDump(dump.out)
        for thread in parked.truth.threads {
            #expect(stacks[thread.id] == thread.frames.map { $0.text(lineNumbers: true) }, "\(thread.label)")
        }
    }

    /// Each way to sample, and each kind of file that needs more than a descriptor.
    @Test(arguments: [
        ["--stats"], ["--threads"], ["--mode", "cpu"], ["--subprocesses"], ["-o", "out.svg"], ["-o", "out.html"],
        ["-o", "out.pb.gz"],
    ])
    func profiles(_ options: [String]) throws {
        let folder = try Folder()
        let program = try #require(Interpreter.any).start([fixture("known_stacks.py")])
        let placed = options.map { $0.hasPrefix("out.") ? folder.file($0) : $0 }
        let run = try onOldKernel(placed + ["-s", "0.3", "-r", "0.002", "-p", "\(program.pid)"])
        #expect(run.status == 0, "\(run)")
        #expect(run.err.isEmpty || options == ["--stats"], "\(run.err)")
        if let name = options.last, name.hasPrefix("out.") {
            #expect(try Data(contentsOf: URL(fileURLWithPath: folder.file(name))).count > 200)
        } else {
            #expect(run.out.contains("known_stacks.py:"), "\(run)")
        }
    }

    /// A command has the old kernel, too.
    @Test func command() throws {
        let folder = try Folder()
        let python = try #require(Interpreter.any)
        let code = "import time, sys\nend = time.time() + 0.3\nwhile time.time() < end: sum(range(50))\nsys.exit(5)"
        let run = try onOldKernel(["-o", folder.file("out.folded"), "-t", python.command, "-c", code])
        #expect(run.status == 5 && run.err.isEmpty, "\(run)")
        #expect(folder.text("out.folded").contains("<string>:<module>:3"))
    }

    /// A container's filter answers EPERM instead, to calls that are as old as the hills.
    @Test(arguments: ["sched_setaffinity", "perf_event_open", "socket"])
    func forbidden(_ call: String) throws {
        let program = try #require(Interpreter.any).start([fixture("known_stacks.py")])
        let run = try onOldKernel(
            ["--subprocesses", "-s", "0.3", "-r", "0.002", "-p", "\(program.pid)"], without: call)
        #expect(run.status == 0 && run.out.contains("known_stacks.py:"), "\(run)")
    }

    /// Without process_vm_readv nothing can be read; the message says which call it was.
    @Test func withoutReading() throws {
        let program = try #require(Interpreter.any).start([fixture("known_stacks.py")])
        let run = try onOldKernel(["--dump", "-p", "\(program.pid)"], without: "process_vm_readv")
        #expect(run.status == 1 && run.out.isEmpty && run.err.contains("process_vm_readv"), "\(run)")
    }
}
