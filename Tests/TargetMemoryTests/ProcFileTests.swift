import Glibc
import System
import TargetMemory
import Testing

/// What the kernel says of a process that chose its name to be misread.
struct ProcFileTests {
    /// The last one makes one character of itself and the parenthesis that follows it; the others are what stat has anyway.
    @Test(arguments: ["python3", "a) Z 1 1 (", "S 1 1", "x\r", "", "a) Z 1\u{600}"])
    func stat(_ name: String) throws {
        let fields = try #require(ProcFile.words(ofStat: Array("7 (\(name)) R 4 7 7 0\n".utf8)))
        #expect(fields == ["R", "4", "7", "7", "0"])
    }

    @Test func nothingToRead() {
        #expect(ProcFile.words(ofStat: Array("7 (a".utf8)) == nil && ProcFile.words(ofStat: [0x29])?.isEmpty == true)
        #expect(ProcFile.stat("/proc/self/nothing") == nil && ProcFile.firstLine("/proc/self/nothing") == nil)
    }

    /// The kernel writes a newline in a name as `\n`, and everything else as it is.
    @Test func status() {
        let status = "Name:\tx\\nUid:\t0\r\nUmask:\t0022\nTgid:\t7\nUid:\t1000\t1000\u{301}\nGroups:\t4 24 \nLast:"
        #expect(ProcFile.field("Umask", of: status) == "0022")
        #expect(ProcFile.field("Tgid", of: status) == "7" && ProcFile.field("Uid", of: status) == "1000\t1000\u{301}")
        #expect(ProcFile.field("Groups", of: status) == "4 24 " && ProcFile.field("Last", of: status) == "")
        #expect(ProcFile.field("Name", of: status) == "x\\nUid:\t0\r" && ProcFile.field("Uma", of: status) == nil)
    }

    @Test func firstLine() {
        #expect(ProcFile.firstLine(of: Array("name\r\n".utf8)) == "name\r")
        #expect(ProcFile.firstLine(of: Array("name".utf8)) == "name" && ProcFile.firstLine(of: []) == "")
    }

    /// The kernel's own, of a thread that bears the worst of these names.
    @Test func aRealThread() throws {
        let path = "/proc/thread-self/comm"
        func rename(_ name: String) -> Bool {
            let file = open(path, O_WRONLY)
            defer { close(file) }
            return write(file, name, name.utf8.count) == name.utf8.count
        }
        let before = try #require(ProcFile.firstLine(path))
        #expect(rename("a) Z 1\u{600}"))
        let fields = ProcFile.stat("/proc/thread-self/stat")
        let name = ProcFile.firstLine(path)
        #expect(rename(before))
        #expect(fields?.first == "R" && fields?[1] == "\(getppid())" && name == "a) Z 1\u{600}")
    }
}
