import FrameDecoding
import Glibc

/// The version of pyflame.
let pyflameVersion = "2.0.0"

/// What `--version` prints: `pyflame X.Y.Z OS ARCH (ABI list: 26 27 ...)`.
func versionLine(supported: [ABI]) -> String {
    let abis = supported.sorted().map(\.description).joined(separator: " ")
    let system = machine()
    return "pyflame \(pyflameVersion) \(system.os) \(system.architecture) (ABI list: \(abis))\n"
}

/// What uname says.
func machine() -> (os: String, architecture: String) {
    var name = utsname()
    guard uname(&name) == 0 else { return ("Linux", "unknown") }
    return (text(name.sysname), text(name.machine))
}

/// The text in a C array, which Swift sees as a tuple.
private func text<Array>(_ array: Array) -> String {
    withUnsafeBytes(of: array) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
}
