import Foundation
import TestSupport
import Testing

/// Wrappers with threads (`uv run`, for one) start Python from any of them.
@Suite(.serialized) struct WrapperTests {
    private static let perlHasThreads =
        (try? Child(["/usr/bin/env", "perl", "-Mthreads", "-e", "1"]).finish().status) == 0

    @Test(.enabled(if: perlHasThreads, "no perl with threads here"), arguments: ["exec @ARGV", "exit(system(@ARGV) >> 8)"])
    func startsPythonFromThread(_ call: String) throws {
        let python = try #require(Interpreter.any)
        let folder = try Folder()
        let program = try folder.write("late.py", LateTests.program)
        let traced = try Traced([
            "perl", "-Mthreads", "-e", "threads->create(sub { \(call) })->join", python.command, program, "5",
        ])
        #expect(traced.status == 5 && traced.run.err.isEmpty, "\(traced)")
        #expect(traced.profile.contains("late.py:busy:"), "\(traced)")
    }
}
