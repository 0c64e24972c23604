import Foundation
import TestSupport
import Testing

/// What scripts must not have built in.
struct ScriptTests {
    private func run(_ environment: [String: String]) throws -> Finished {
        try Child([projectRoot.appendingPathComponent("scripts/debian-mirror").path], environment: environment).finish()
    }

    @Test func aMirrorIsTakenFromApt() throws {
        let named = try run(["PYFLAME_DEBIAN_MIRROR": "http://mirror.example/debian"])
        #expect(named.out == "http://mirror.example/debian\n")
        let configured = try run(["PYFLAME_DEBIAN_MIRROR": ""])
        // Whether or not this machine's apt has one, nothing is made up.
        if configured.status == 0 {
            let address = configured.out.trimmingCharacters(in: .whitespacesAndNewlines)
            let settings = try Child(["/bin/sh", "-c", "cat /etc/apt/sources.list /etc/apt/sources.list.d/*"]).finish().out
            #expect(!address.isEmpty && settings.contains(address))
        } else {
            #expect(configured.err.contains("PYFLAME_DEBIAN_MIRROR"))
        }
    }
}
