import Foundation
import TestSupport
import Testing

/// Tests that run the program must not pass on yesterday's.
struct ProgramUnderTestTests {
    private func tree(program: TimeInterval, source: TimeInterval, built: TimeInterval? = nil) throws -> Folder {
        let folder = try Folder()
        for name in ["Sources", "Sources/Part"] {
            try FileManager.default.createDirectory(atPath: folder.file(name), withIntermediateDirectories: true)
        }
        let files = [("pyflame", program), ("Package.swift", 0), ("Sources/Part/part.swift", source)]
        for (name, moment) in files + (built.map { [("pyflame.built", $0)] } ?? []) {
            try folder.write(name, "")
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSince1970: 1_000_000 + moment)], ofItemAtPath: folder.file(name))
        }
        return folder
    }

    private func built(_ folder: Folder) -> ProgramUnderTest.Built? {
        ProgramUnderTest.built(folder.file("pyflame"), sources: folder.path)
    }

    @Test func newerThanItsSources() throws {
        let found = try #require(try built(tree(program: 20, source: 10)))
        #expect(found.newerSource == nil)
    }

    @Test func olderThanASource() throws {
        #expect(try built(tree(program: 20, source: 30))?.newerSource == "Sources/Part/part.swift")
    }

    @Test func upToDateAndNotLinkedAgain() throws {
        let found = try #require(try built(tree(program: 20, source: 30, built: 40)))
        #expect(found.newerSource == nil)
        #expect(try built(tree(program: 20, source: 30, built: 25))?.newerSource == "Sources/Part/part.swift")
    }

    @Test func missing() throws {
        let folder = try Folder()
        #expect(built(folder) == nil)
    }
}
