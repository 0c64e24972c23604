import Glibc
import System
import Testing

/// Nothing but Sources/System talks to the kernel by itself, and nothing but Sources/Machine knows the processor.
struct DoorTests {
    /// Swift files below Sources, with their text.
    private static let sources: [(path: String, text: String)] = {
        let root = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 } + "/Sources"
        var found: [(String, String)] = []
        var folders = [root]
        while let folder = folders.popLast() {
            for name in Linux.shared.names(in: folder) ?? [] {
                let path = folder + "/" + name
                if name.hasSuffix(".swift") || name.hasSuffix(".c") || name.hasSuffix(".h") {
                    found.append((String(path.dropFirst(root.count + 1)), Linux.shared.text(of: path, limit: 1 << 20) ?? ""))
                } else if Linux.shared.names(in: path) != nil {
                    folders.append(path)
                }
            }
        }
        return found
    }()

    private func offenders(allowing folder: String, _ isOffence: (String) -> Bool) -> [String] {
        Self.sources.filter { !$0.path.hasPrefix(folder) && $0.text.split(separator: "\n").map(String.init).contains(where: isOffence) }
            .map(\.path)
    }

    @Test func sourcesAreFound() {
        #expect(Self.sources.count > 150)
        #expect(Self.sources.contains { $0.path == "System/Linux.swift" && $0.text.contains("import CLinux") })
    }

    @Test func onlySystemImportsTheShim() {
        #expect(offenders(allowing: "System/") { $0.hasPrefix("import CLinux") } == [])
    }

    @Test func onlyMachineKnowsTheProcessor() {
        // The hint for a spin loop is an instruction, which Swift cannot write: it is in the shim's header.
        let isHint = { (line: String) in line.contains("__x86_64__") || line.contains("__aarch64__") }
        #expect(offenders(allowing: "Machine/") { $0.contains("#if arch(") || $0.contains("#elseif arch(") || $0.contains("#if !arch(") } == [])
        #expect(offenders(allowing: "Machine/", isHint) == ["CLinux/include/CLinux.h"])
    }
}
