import Foundation
import TestSupport
import Testing

/// Programs that forge what is read of them: bounded time, bounded memory, output that is clean.
struct HostileTargetTests {
    @Test(arguments: [
        "cycle", "deep", "sizes", "dangling", "long", "escapes", "surrogates", "many", "maps",
    ])
    func forged(_ kind: String) throws {
        // The offsets in hostile.py are of this version.
        guard let python = interpreters(["3.9"], for: "a hostile target").first else { return }
        let program = try python.start([fixture("hostile.py"), kind])
        try #require(program.out.contains("ready"), "\(program.err)")
        let odd = kind == "maps" || kind == "escapes"
        for options in (odd ? ["--probe", "--dump"] : []) + ["-s 0.2 --threads -r 0.005"] {
            // A gigabyte of addresses, half of which the program and its libraries take; a minute of time.
            let command = "ulimit -v 1000000; exec timeout 60 \(pyflamePath) -p \(program.pid) \(options)"
            let run = try Child(["/bin/sh", "-c", command]).finish()
            #expect(run.status == 0 || (run.status == 1 && run.err.hasPrefix("Failed to ")), "\(options): \(run.status) \(run.err)")
            for text in [run.out, run.err] {
                let unsafe = text.unicodeScalars.first {
                    ($0.value < 32 && $0 != "\n") || (127..<160).contains($0.value)
                        || [0x2028, 0x2029, 0x202e].contains($0.value)
                }
                #expect(unsafe == nil, "\(options): \(text.prefix(2000))")
            }
            // Nothing that is cut off or escaped makes a line of its own.
            if options.hasPrefix("-s") {
                for line in run.out.split(separator: "\n") {
                    #expect(line.wholeMatch(of: /.+ \d+/) != nil && line.utf8.count < 10 << 20, "\(line.prefix(200))")
                }
            }
            #expect(program.process.isRunning && stoppedThreads(program.pid).isEmpty)
        }
    }
}
