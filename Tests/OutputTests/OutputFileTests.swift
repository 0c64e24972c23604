import Foundation
import Glibc
import Testing

@testable import Output

struct OutputFileTests {
    /// A folder of its own for each test.
    private func inFolder(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "/pyflame-sinks-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }
    private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }
    private func names(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    }
    private func mode(_ path: String) -> mode_t {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
    }

    @Test func aNewFileAppearsAtTheEnd() throws {
        try inFolder { folder in
            let file = try OutputFile(path: folder + "/new")
            #expect(try names(folder) == [])
            try file.write("größe\n")
            try file.write("b\n")
            #expect(try !names(folder).contains("new"))
            try file.commit()
            #expect(try names(folder) == ["new"])
            #expect(try text(folder + "/new") == "größe\nb\n")
        }
    }

    @Test func anOldFileStaysUntilTheEndAndKeepsItsMode() throws {
        try inFolder { folder in
            let path = folder + "/old"
            try "before".write(toFile: path, atomically: false, encoding: .utf8)
            chmod(path, 0o640)
            do {
                let file = try OutputFile(path: path)
                try file.write("half")
                #expect(try text(path) == "before")
            }
            // Given up: nothing is left of it.
            #expect(try names(folder) == ["old"])
            #expect(try text(path) == "before")
            let file = try OutputFile(path: path)
            try file.commit()
            #expect(try text(path) == "")
            #expect(mode(path) == 0o640)
        }
    }

    /// Secrets are their owner's alone from the first byte; other files are as the user's mask has it, once complete.
    @Test(arguments: [true, false])
    func aNewFileIsAsPrivateAsItMustBe(isPrivate: Bool) throws {
        try inFolder { folder in
            let file = try OutputFile(path: folder + "/new", isPrivate: isPrivate)
            try file.write("secret")
            let temporary = try #require(try names(folder).first)
            #expect(mode(folder + "/" + temporary) == 0o600)
            try file.commit()
            let mask = umask(0)
            umask(mask)
            #expect(mode(folder + "/new") == (isPrivate ? 0o600 : 0o666 & ~mask))
        }
    }

    @Test func aPrivateFileThatIsThereKeepsItsMode() throws {
        try inFolder { folder in
            try "before".write(toFile: folder + "/old", atomically: false, encoding: .utf8)
            chmod(folder + "/old", 0o644)
            let file = try OutputFile(path: folder + "/old", isPrivate: true)
            try file.write("after")
            let temporaries = try names(folder).filter { $0.hasPrefix(".") }
            #expect(temporaries.map { mode(folder + "/" + $0) } == [0o600])
            try file.commit()
            #expect(mode(folder + "/old") == 0o644)
        }
    }

    /// Nobody can lie in wait at the name of a temporary file.
    @Test func namesOfTemporariesAreRandom() throws {
        try inFolder { folder in
            let files = try (0..<8).map { try OutputFile(path: folder + "/\($0)") }
            for file in files { try file.write("x") }
            let names = try names(folder)
            #expect(Set(names).count == 8 && !names.contains { $0.contains("\(getpid())-") })
        }
    }

    @Test func aLinkStaysALink() throws {
        try inFolder { folder in
            try "before".write(toFile: folder + "/real", atomically: false, encoding: .utf8)
            #expect(symlink("real", folder + "/link") == 0)
            #expect(symlink("fresh", folder + "/nowhere") == 0)
            for name in ["link", "nowhere"] {
                let file = try OutputFile(path: folder + "/" + name)
                try file.write("after")
                try file.commit()
            }
            #expect(try names(folder) == ["fresh", "link", "nowhere", "real"])
            #expect(try text(folder + "/real") == "after")
            #expect(try text(folder + "/fresh") == "after")
        }
    }

    /// What is wrong with a path, as an errno; 0 when nothing is.
    private func refusal(_ path: String) -> Int32 {
        do {
            _ = try OutputFile(path: path)
            return 0
        } catch {
            if case .cannotOpen(_, let code) = error { return code }
            return -1
        }
    }

    @Test func whatCannotBeWrittenIsFoundOutFirst() throws {
        try inFolder { folder in
            #expect(refusal(folder) == EISDIR)
            #expect(refusal(folder + "/no/such") == ENOENT)
            #expect(refusal(folder + "/" + String(repeating: "x", count: 300)) == ENAMETOOLONG)
            #expect(refusal(folder + "/" + String(repeating: "y", count: 255)) == 0)
            #expect(refusal("/dev/fd/987") == EBADF)
            #expect(refusal("") == ENOENT)
            let left = try names(folder)
            #expect(left == [])
        }
    }

    @Test func aFullDiskIsAnError() throws {
        let file = try OutputFile(path: "/dev/full")
        #expect(throws: OutputError.cannotWrite(path: "/dev/full", errno: ENOSPC)) { try file.write("x") }
    }

    @Test func devicesAndPipesAreWrittenAsTheyAre() throws {
        let null = try OutputFile(path: "/dev/null")
        try null.write("x")
        try null.commit()
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        let file = try OutputFile(path: "/dev/fd/\(ends[1])")
        try file.write("through")
        var buffer = [UInt8](repeating: 0, count: 16)
        #expect(read(ends[0], &buffer, 16) == 7)
        // The reader goes: an error of its own, and no signal.
        close(ends[0])
        #expect(throws: OutputError.brokenPipe) { try file.write("x") }
        close(ends[1])
    }

    @Test func aSlowNonBlockingPipeGetsAll() throws {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
        let size = 1 << 20
        let reader = ends[0]
        let total = Handover()
        let thread = Thread {
            var buffer = [UInt8](repeating: 0, count: 4096)
            var sum = 0
            while sum < size {
                let count = read(reader, &buffer, buffer.count)
                if count <= 0 { break }
                sum += count
            }
            total.set(sum)
        }
        thread.start()
        let file = try OutputFile(path: "/dev/fd/\(ends[1])")
        try file.write(String(repeating: "x", count: size))
        close(ends[1])
        #expect(total.wait() == size)
        close(ends[0])
    }
}

/// A number that another thread hands over.
private final class Handover: @unchecked Sendable {
    private let ready = DispatchSemaphore(value: 0)
    private var value = 0
    func set(_ value: Int) {
        self.value = value
        ready.signal()
    }
    func wait() -> Int {
        _ = ready.wait(timeout: .now() + 10)
        return value
    }
}
