import Foundation
import TestSupport
import Testing

/// A target is never disturbed: no call returns because of pyflame that would not have returned without.
///
/// PYFLAME_DISTURBANCE_SECONDS: how long each target is profiled, at 1 kHz; the long form is of all versions that are here.
@Suite(.serialized) struct DisturbanceTests {
    private static let seconds = amount("PYFLAME_DISTURBANCE_SECONDS", short: 1)

    private static let tested = seconds > 1 ? Interpreter.eachMinor.map(\.minor) : versions

    @Test(arguments: tested, [[], ["--threads"], ["--threads", "--nonblocking"]])
    func blockingCalls(_ minor: String, _ options: [String]) throws {
        // Without stops there is little to disturb: in the short form two versions will do.
        let isLeftOut = Self.seconds == 1 && options.contains("--nonblocking") && !["2.7", "3.13"].contains(minor)
        guard !isLeftOut, let python = interpreters([minor], for: "blocking calls").first else { return }
        let program = try python.start([fixture("blocking.py")])
        let run = try pyflame(
            ["-p", "\(program.pid)", "-r", "0.001", "-s", "\(Self.seconds)", "--stats", "-o", "/dev/null"] + options)
        #expect(run.status == 0, "\(run.err)")
        (program.process.standardInput as? Pipe)?.fileHandleForWriting.closeFile()
        let report = program.finish()
        #expect(report.status == 0, "\(report.err)")
        var calls = 0
        var kinds = 0
        for line in report.out.split(separator: "\n").dropFirst() {
            let words = line.split(separator: " ")
            try #require(words.count >= 9, "\(line)")
            #expect(words[3...8].joined(separator: " ") == "early 0 eintr 0 errors 0", "\(python): \(line)")
            kinds += 1
            calls += Int(words[2]) ?? 0
        }
        #expect(kinds == 15 && calls > 100 * Self.seconds)
        let stops = run.err.split(separator: "\n").first { $0.hasPrefix("stops:") } ?? ""
        print("UNDISTURBED \(python.version) \(options): \(calls) calls, none cut short; \(stops)")
        // It was really sampled, or nothing is shown; in a long run without --nonblocking it was stopped as well.
        #expect(!run.err.contains("samples:      0 "))
        #expect(Self.seconds == 1 || stops.contains(" 0,") == options.contains("--nonblocking"))
    }
}
