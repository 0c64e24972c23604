import Foundation
import TestSupport

/// A command under `pyflame -t`, and the profile that was written.
struct Traced {
    var run: Finished
    var profile: String
    var status: Int32 { run.status }

    init(
        _ command: [String], _ options: [String] = [], input: String = "",
        environment: [String: String] = [:]
    ) throws {
        let folder = try Folder()
        let arguments = options + ["-o", folder.file("profile"), "-t"] + command
        run = try Child([pyflamePath] + arguments, input: input, environment: environment).finish()
        profile = folder.text("profile")
    }
}

/// The state letter of a process; nil when there is none.
func state(_ pid: Int32) -> Character? {
    let text = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
    return text.split(separator: ")").last?.first { $0 != " " }
}
