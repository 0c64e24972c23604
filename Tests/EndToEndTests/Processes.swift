import Foundation
import TestSupport

func fixture(_ name: String) -> String {
    projectRoot.appendingPathComponent("fixtures/programs/\(name)").path
}

/// Runs pyflame to its end.
func pyflame(_ arguments: String...) throws -> Finished { try pyflame(arguments) }
func pyflame(_ arguments: [String]) throws -> Finished {
    try Child([pyflamePath] + arguments).finish()
}

/// A file of the test's own.
func temporaryPath(_ name: String) -> String {
    FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString)-\(name)").path
}
