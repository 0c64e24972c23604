import Foundation
import TestSupport

/// A C program of fixtures/embedding, built against some Python's headers and library.
struct EmbeddingProgram {
    var path: String
    /// What it takes to find the standard library.
    var environment: [String: String]

    /// Where a Python's development files are.
    struct Development {
        var prefix: String
        var headers: String
        var archive: String?
        var library: String?

        /// Of a Python of this version, in its own prefix or the system's.
        init?(_ minor: String) {
            let prefixes = Interpreter.all.filter { $0.minor == minor && $0.kind == "release" }.map {
                URL(fileURLWithPath: $0.command).resolvingSymlinksInPath()
                    .deletingLastPathComponent().deletingLastPathComponent().path
            }
            for prefix in prefixes {
                guard let headers = Self.find("\(prefix)/include", ["python\(minor)", "python\(minor)m"]),
                    FileManager.default.fileExists(atPath: headers + "/Python.h")
                else { continue }
                let names = ["libpython\(minor)", "libpython\(minor)m"]
                let folder = "\(prefix)/lib/python\(minor)"
                let config = (try? FileManager.default.contentsOfDirectory(atPath: folder))?
                    .first { $0 == "config" || $0.hasPrefix("config-") }
                self.prefix = prefix
                self.headers = headers
                archive = config.flatMap { Self.find("\(folder)/\($0)", names.map { $0 + ".a" }) }
                library = ["\(prefix)/lib", "\(prefix)/lib/x86_64-linux-gnu", "\(prefix)/lib/aarch64-linux-gnu"]
                    .lazy.compactMap { Self.find($0, names.map { $0 + ".so.1.0" }) }.first
                return
            }
            return nil
        }

        private static func find(_ folder: String, _ names: [String]) -> String? {
            names.map { "\(folder)/\($0)" }.first { FileManager.default.fileExists(atPath: $0) }
        }
    }

    init(path: String, environment: [String: String]) {
        self.path = path
        self.environment = environment
    }

    /// Nil when this machine lacks a compiler, the headers or the library.
    init?(
        _ minor: String, source: String = "embed.c", folder: Folder, static isStatic: Bool,
        flags: [String] = []
    ) throws {
        guard let compiler = tool("cc", "gcc", "clang"), let files = Development(minor),
            let library = isStatic ? files.archive : files.library
        else { return nil }
        path = folder.file("embed-\(minor)-\(UUID().uuidString.prefix(8))")
        let run = try Child(
            [compiler, "-O1", "-w", "-pthread", "-I", files.headers, "-I", files.headers + "/internal"] + flags
                + [embedding(source), library, "-o", path, "-ldl", "-lutil", "-lm"]
                // Debian's archives need more than others.
                + (isStatic ? ["-lz", "-lexpat"].filter { Self.links($0, compiler, folder) } : [])
                + ["-Wl,-rpath,\(URL(fileURLWithPath: library).deletingLastPathComponent().path)"]
        ).finish()
        guard run.status == 0 else {
            print("cannot build \(source) for Python \(minor): \(run.err.suffix(300))")
            return nil
        }
        environment = ["PYTHONHOME": files.prefix]
    }

    private static func links(_ library: String, _ compiler: String, _ folder: Folder) -> Bool {
        guard let source = try? folder.write("empty.c", "int main(void) { return 0; }\n") else { return false }
        return (try? Child([compiler, source, "-o", folder.file("empty"), library]).finish().status) == 0
    }
}
