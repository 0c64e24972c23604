import Glibc
import Testing

@testable import Probe

@Suite struct MapsFileTests {
    private func parse(_ text: String) -> [Mapping] { MapsFile.parse(Array(text.utf8)) }

    @Test func ordinaryLine() throws {
        let mapping = try #require(
            parse("7f00a000-7f00c000 r-xp 00001000 fd:01 1234                       /lib/x.so\n").first)
        #expect(mapping.start == 0x7f00_a000 && mapping.end == 0x7f00_c000)
        #expect(mapping.readable && !mapping.writable && mapping.executable)
        #expect(mapping.fileOffset == 0x1000 && mapping.device == "fd:01" && mapping.inode == 1234)
        #expect(mapping.path == "/lib/x.so" && !mapping.isDeleted && mapping.isFile)
    }

    @Test func oddNames() {
        let names = parse(
            """
            1000-2000 r--p 00000000 00:01 5 /a b/c  d.so
            2000-3000 r--p 00000000 00:01 5 /line\\012break
            3000-4000 r--p 00000000 00:01 5 /back\\slash
            4000-5000 r--p 00000000 00:01 5 /gone.so (deleted)
            5000-6000 r--p 00000000 00:01 5 /memfd:x y (deleted)
            6000-7000 rw-p 00000000 00:00 0
            7000-8000 rw-p 00000000 00:00 0                          [heap]
            8000-9000 r--p 00000000 00:01 5 /ünï
            """)
        #expect(
            names.map(\.path) == [
                "/a b/c  d.so", "/line\nbreak", "/back\\slash", "/gone.so", "/memfd:x y", "",
                "[heap]", "/ünï",
            ])
        #expect(names.map(\.isDeleted) == [false, false, false, true, true, false, false, false])
        #expect(!names[5].isFile && !names[6].isFile)
    }

    @Test(arguments: [
        "", "\n\n", "garbage", "1000-2000", "2000-1000 r--p 0 0:0 0", "1000-2000 r--p",
        "1000-2000 r--p 0 00:01", "1000-2000 r--p 0 00:01 x", "-2000 r--p 0 00:01 1",
        "11111111111111111-2 r--p 0 00:01 1", "1000-2000 r--p zz 00:01 1 /x",
    ])
    func linesThatMakeNoSense(_ text: String) { #expect(parse(text).isEmpty) }

    @Test func ownProcess() throws {
        let mappings = try MapsFile.read(pid: getpid())
        #expect(mappings.contains { $0.isFile && $0.executable })
    }

    @Test func noSuchProcess() {
        #expect(throws: ProbeError.noSuchProcess(pid: 99_999_999)) {
            try MapsFile.read(pid: 99_999_999)
        }
    }
}
