import Foundation

/// The program under test: the release build, since that is what users get. `PYFLAME_BINARY` names another one, relative
/// to the root of the checkout: `PYFLAME_BINARY=.build/debug/pyflame swift test` is for work on one part.
public let pyflamePath: String = {
    let named = ProcessInfo.processInfo.environment["PYFLAME_BINARY"] ?? ""
    return URL(fileURLWithPath: named.isEmpty ? ".build/release/pyflame" : named, relativeTo: projectRoot).path
}()

/// Why the program under test is not what the sources say; a test that starts it fails with this.
public struct ProgramNotBuilt: Error, CustomStringConvertible {
    public var description: String
}

/// Whether the program is there and not older than any source: a test of yesterday's program proves nothing.
package enum ProgramUnderTest {
    static let problem: ProgramNotBuilt? = {
        let remedy =
            "run `make build` (which is `swift build -c release --product pyflame`),"
            + " or set PYFLAME_BINARY to a program that is built"
        guard let built = built(pyflamePath, sources: projectRoot.path) else {
            return ProgramNotBuilt(description: "There is no \(pyflamePath) to test: \(remedy).")
        }
        guard let newer = built.newerSource else { return nil }
        return ProgramNotBuilt(description: "\(pyflamePath) is older than \(newer): \(remedy).")
    }()

    package struct Built {
        package var newerSource: String?
    }

    /// nil if there is no program. A build that found nothing to do leaves the program as old as it was, so the moment
    /// of the last build counts as well, which `make` keeps beside the program.
    package static func built(_ program: String, sources root: String) -> Built? {
        guard FileManager.default.isExecutableFile(atPath: program), let linked = modified(program) else { return nil }
        let moment = max(linked, modified(program + ".built") ?? .distantPast)
        let files = (FileManager.default.enumerator(atPath: root + "/Sources")?.compactMap { $0 as? String } ?? [])
        for file in ["Package.swift"] + files.map({ "Sources/" + $0 }) {
            // A folder changes with every editor's temporary file.
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: root + "/" + file, isDirectory: &isFolder), !isFolder.boolValue,
                let changed = modified(root + "/" + file), changed > moment
            else { continue }
            return Built(newerSource: file)
        }
        return Built(newerSource: nil)
    }

    private static func modified(_ path: String) -> Date? {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return attributes?[.modificationDate] as? Date
    }
}
