import FrameDecoding
import Foundation
import TestSupport
import Testing

@testable import Probe

/// What DWARF said, kept from run to run.
struct LayoutCacheTests {
    private let build: [UInt8] = [0xab, 0xcd, 0x01, 0x02, 0x03]
    private let name = "abcd010203"

    private func made(in folder: Folder) -> LayoutCache? {
        LayoutCache { $0 == "XDG_CACHE_HOME" ? folder.path : nil }
    }

    private var answers: LayoutAnswers {
        var answers = LayoutAnswers()
        answers["offset _ts interp"] = [16]
        answers["bits PyASCIIObject state.kind"] = [258, 3]
        answers["size _is"] = []
        return answers
    }

    @Test func comesBackAsItWas() throws {
        let folder = try Folder()
        let cache = try #require(made(in: folder))
        #expect(cache.load(build) == nil)
        cache.store(answers, build)
        #expect(cache.load(build) == answers)
        #expect(cache.load([1, 2, 3, 4]) == nil)
        let file = folder.file("pyflame/layouts/\(name)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("pyflame/layouts")) == [name])
        #expect(try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int == 0o600)
    }

    /// Whatever was changed in a file, it is not believed.
    @Test func damagedFilesAreNotRead() throws {
        let folder = try Folder()
        let cache = try #require(made(in: folder))
        cache.store(answers, build)
        let file = folder.file("pyflame/layouts/\(name)")
        let good = try String(contentsOfFile: file, encoding: .utf8)
        let bad = [
            "", "\n", good.replacingOccurrences(of: "= 16", with: "= 24"),
            good.replacingOccurrences(of: name, with: "abcd010204"), String(good.dropLast()), String(good.dropLast(40)),
            good.replacingOccurrences(of: "layouts 1", with: "layouts 2"), good + good,
            String(repeating: "x", count: 1 << 19),
        ]
        for text in bad {
            try text.write(toFile: file, atomically: false, encoding: .utf8)
            #expect(cache.load(build) == nil, "\(text.prefix(200))")
        }
        try good.write(toFile: file, atomically: false, encoding: .utf8)
        #expect(cache.load(build) == answers)
    }

    @Test func linksAreNotFollowed() throws {
        let folder = try Folder()
        let elsewhere = try Folder()
        try FileManager.default.createSymbolicLink(
            atPath: folder.file("pyflame"), withDestinationPath: elsewhere.path)
        let cache = try #require(made(in: folder))
        cache.store(answers, build)
        #expect(try FileManager.default.contentsOfDirectory(atPath: elsewhere.path).isEmpty)

        try FileManager.default.removeItem(atPath: folder.file("pyflame"))
        cache.store(answers, build)
        let file = folder.file("pyflame/layouts/\(name)")
        try FileManager.default.moveItem(atPath: file, toPath: elsewhere.file("moved"))
        try FileManager.default.createSymbolicLink(atPath: file, withDestinationPath: elsewhere.file("moved"))
        #expect(cache.load(build) == nil)
    }

    /// Under sudo, HOME may be another user's; and what others can write is not to be trusted.
    @Test func onlyOnesOwnFoldersAreUsed() throws {
        let folder = try Folder()
        try #require(chmod(folder.path, 0o777) == 0)
        let cache = try #require(made(in: folder))
        cache.store(answers, build)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
        guard geteuid() == 0 else {
            print("NOT TESTED: a cache in another user's home: it takes root to make one")
            return
        }
        try #require(chmod(folder.path, 0o755) == 0 && chown(folder.path, 65534, 65534) == 0)
        cache.store(answers, build)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    @Test func withoutAFolderThereIsNone() {
        #expect(LayoutCache { _ in nil } == nil)
        #expect(LayoutCache { _ in "relative" } == nil)
        // One that is not there is no error.
        let cache = LayoutCache { _ in "/nonexistent" }
        cache?.store(answers, build)
        #expect(cache?.load(build) == nil)
    }

    private final class Slow: StructLayouts {
        var questions = 0
        func offset(of member: String, in type: String) -> Int? {
            questions += 1
            usleep(15_000)
            return member == "known" ? 40 : nil
        }
        func size(of type: String) -> Int? { nil }
        func bits(of member: String, in type: String) -> (offset: Int, width: Int)? { (7, 2) }
    }

    /// The second run asks DWARF nothing that the first one knew, and does not even open it.
    @Test func answersAreKept() throws {
        let folder = try Folder()
        let slow = Slow()
        let first = try #require(KeptStructs(buildID: build, cache: made(in: folder)) { slow })
        #expect(first.offset(of: "known", in: "T") == 40 && first.offset(of: "other", in: "T") == nil)
        #expect(first.bits(of: "b", in: "T")?.offset == 7)
        first.keepAnswers()
        let second = try #require(
            KeptStructs(buildID: build, cache: made(in: folder)) {
                Issue.record("DWARF was opened")
                return nil
            })
        #expect(second.offset(of: "known", in: "T") == 40 && second.offset(of: "other", in: "T") == nil)
        #expect(second.bits(of: "b", in: "T")?.width == 2 && slow.questions == 2)
        // Without a build-id there is nothing to go by.
        #expect(KeptStructs(buildID: [], cache: made(in: folder), open: { nil }) == nil)
    }

    /// A path of a target is looked up below its root, and its links lead nowhere.
    @Test func linksStayBelowTheRoot() throws {
        let root = try Folder()
        let outside = try Folder()
        try outside.write("file", "outside")
        try FileManager.default.createSymbolicLink(atPath: root.file("absolute"), withDestinationPath: outside.file("file"))
        try FileManager.default.createSymbolicLink(
            atPath: root.file("up"), withDestinationPath: "../../../../../../../../etc/passwd")
        try root.write("inside", "inside")
        try FileManager.default.createSymbolicLink(atPath: root.file("in"), withDestinationPath: "/inside")
        #expect(OpenFile("/absolute", root: root.path) == nil)
        #expect(OpenFile("/up", root: root.path) == nil)
        #expect(OpenFile("/in", root: root.path) == nil)
        #expect(OpenFile("/inside", root: root.path)?.upTo(9, at: 0) == Array("inside".utf8))
        #expect(OpenFile("/absolute", root: "") == nil)
        #expect(OpenFile(root.file("absolute"))?.upTo(9, at: 0) == Array("outside".utf8))
    }
}
