import Foundation
import TestSupport
import Testing

@testable import Probe

/// Files whose names the target chose: pyflame may be root, and the target somebody else's.
struct TargetFileTests {
    private let folder: Folder
    private var root: String { folder.path }

    init() throws {
        folder = try Folder()
        for name in ["real/inner", "secret"] {
            try FileManager.default.createDirectory(atPath: folder.file(name), withIntermediateDirectories: true)
        }
        try folder.write("real/inner/file", "content")
        try folder.write("secret/file", "secret")
    }

    private func link(_ name: String, to target: String) {
        #expect(symlink(target, folder.file(name)) == 0)
    }

    @Test func aPlainPath() {
        #expect(OpenFile("/real/inner/file", root: root)?.upTo(100, at: 0) == Array("content".utf8))
        #expect(OpenFile("//real//inner/file", root: root) != nil)
        for path in ["", "/", "/real", "/nothing", "/real/inner/file/more"] {
            #expect(OpenFile(path, root: root) == nil, "\(path)")
        }
    }

    /// At the end of the path, and on the way.
    @Test func noLinkIsFollowed() {
        link("toFile", to: folder.file("secret/file"))
        link("toFolder", to: folder.file("secret"))
        link("real/relative", to: "../secret/file")
        link("real/up", to: "../secret")
        for path in ["/toFile", "/toFolder/file", "/real/relative", "/real/up/file"] {
            #expect(FileManager.default.contents(atPath: root + path) != nil, "the link works: \(path)")
            #expect(OpenFile(path, root: root) == nil, "\(path)")
        }
    }

    @Test func noWayUp() {
        #expect(OpenFile("/real/../secret/file", root: root)?.upTo(100, at: 0) == Array("secret".utf8))
        link("toReal", to: "real")
        #expect(OpenFile("/toReal/inner/../../secret/file", root: root) != nil, "as if there were no link")
        #expect(OpenFile("/../\((root as NSString).lastPathComponent)/secret/file", root: root) == nil)
    }

    /// Opening a FIFO would wait for its other end, opening a device might do anything.
    @Test func onlyRegularFiles() {
        #expect(mkfifo(folder.file("fifo"), 0o666) == 0)
        #expect(OpenFile("/fifo", root: root) == nil && OpenFile(folder.file("fifo")) == nil)
        #expect(OpenFile("/dev/zero", root: "") == nil)
        #expect(OpenFile(folder.file("real")) == nil)
    }

    /// What `.gnu_debugaltlink` and the like name does not lead out of the system's own folder either.
    @Test func debugFiles() {
        #expect(DebugFiles.Place(root: "", path: folder.file("real/inner/file")).file(nil) != nil)
        link("toFile", to: folder.file("real/inner/file"))
        #expect(DebugFiles.Place(root: "", path: folder.file("toFile")).file(nil) == nil)
        #expect(DebugFiles.Place(root: "", path: "/usr/lib/debug/../../..\(root)/toFile").file(nil) == nil)
    }
}
