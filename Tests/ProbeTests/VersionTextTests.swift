import FrameDecoding
import Testing

@testable import Probe

@Suite struct VersionTextTests {
    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test func fullText() {
        let text = bytes("\u{1}.\u{0}3.9.2 (default, Feb 28 2021, 17:03:44) \n[GCC 10.2.1 20210110]\0")
        #expect(VersionText.fullText(in: text) == PythonVersion(3, 9, 2))
        #expect(VersionText.fullText(in: bytes("2.7.18+ (x) [GCC 9]\0")) == PythonVersion(2, 7, 18))
        #expect(VersionText.fullText(in: bytes("3.9.2 (default)\0")) == nil)
        #expect(VersionText.fullText(in: bytes("13.9.2 (x) [GCC]\0")) == nil)
        #expect(VersionText.fullText(in: bytes(".")) == nil)
        #expect(VersionText.fullText(in: []) == nil)
    }

    @Test func literals() {
        var counts: [PythonVersion: Int] = [:]
        VersionText.literals(
            in: bytes("\u{0}3.6.15\u{0}1.2.13\u{0}3.40.1\u{0}2.7\u{0}3.13.0rc1\u{0}x3.8.1\u{0}3.7."),
            into: &counts)
        #expect(counts == [PythonVersion(3, 6, 15): 1, PythonVersion(3, 13, 0): 1])
    }

    @Test func names() {
        var names: Set<ABI> = []
        VersionText.names(in: bytes("/usr/lib/python3.6/x\0python\0libpython2.7.so\0y\0py"), into: &names)
        #expect(names == [ABI(major: 3, minor: 6), ABI(major: 2, minor: 7)])
    }

    @Test(arguments: [
        ("488b05100000 00c3", 0x1017 as UInt64?), ("f30f1efa488b0510000000c3", 0x101b),
        ("554889e5488b0510000000 5dc3", 0x101b), ("488d0510000000c3", nil), ("c3", nil),
    ])
    func operandOfHeadFunction(_ code: String, _ expected: UInt64?) {
        let digits = code.filter { $0 != " " }
        var bytes = stride(from: 0, to: digits.count, by: 2).compactMap { at in
            UInt8(digits.dropFirst(at).prefix(2), radix: 16)
        }
        if bytes.count > 1 { bytes += [UInt8](repeating: 0x90, count: 16) }
        #expect(HeadOperand.address(bytes, at: 0x1000, machine: ElfHeader.x86_64) == expected)
        #expect(HeadOperand.address(bytes, at: 0x1000, machine: 183) == nil)
    }
}
