import Testing

@testable import Probe

@Suite struct ElfHeaderTests {
    private let sound = makeImage(symbols: [], gnu: true)

    private func problem(_ bytes: [UInt8]) -> String? {
        do throws(ElfProblem) {
            _ = try ElfHeader(bytes, rest: { _, _ in nil })
            return nil
        } catch { return error.text }
    }

    private func changed<Value: FixedWidthInteger>(_ offset: Int, _ value: Value) -> [UInt8] {
        var bytes = sound
        bytes.put(value, at: offset)
        return bytes
    }

    @Test func hostileHeaders() {
        #expect(problem(sound) == nil)
        #expect(problem([]) == "not an ELF file")
        #expect(problem(Array("#!/bin/sh".utf8)) == "not an ELF file")
        #expect(problem(changed(4, UInt8(1))) == "not a 64-bit ELF file")
        #expect(problem(changed(5, UInt8(2))) == "not a little-endian ELF file")
        #expect(problem(changed(54, UInt16(8))) != nil)
        #expect(problem(changed(56, UInt16.max)) != nil)
        #expect(problem(changed(32, UInt64.max)) != nil)
        #expect(problem(changed(32, UInt64(1) << 63)) != nil)
    }

    @Test func impossibleSpans() throws {
        for (offset, value) in [(64 + 16, UInt64.max - 4096), (64 + 40, .max), (64 + 40, 1 << 60)] {
            let header = try ElfHeader(changed(offset, value), rest: { _, _ in nil })
            #expect(header.span(pageSize: 4096) == nil)
        }
    }

    @Test func bias() throws {
        let header = try ElfHeader(changed(64 + 16, UInt64(0x40_0000)), rest: { _, _ in nil })
        #expect(header.bias(mapped: 0x40_0000, from: 0, pageSize: 4096) == 0)
        #expect(header.bias(mapped: 0x7f00_0040_0000, from: 0, pageSize: 4096) == 0x7f00_0000_0000)
        #expect(header.bias(mapped: 0x40_0000, from: 0x5000, pageSize: 4096) == nil)
    }

    /// Two copies of one library are two images; a file that is only read is none.
    @Test func instances() {
        let image = makeImage(symbols: [("_PyRuntime", 0x1800, 5)], gnu: true)
        var mappings: [Mapping] = []
        for (start, offset, executable) in [
            (UInt64(0x10_0000), UInt64(0), false), (0x10_1000, 0x1000, true),
            (0x20_0000, 0, false), (0x20_1000, 0x1000, true), (0x30_0000, 0, false),
        ] {
            var mapping = Mapping(start: start, end: start + 0x1000)
            mapping.readable = true
            mapping.executable = executable
            mapping.fileOffset = offset
            mapping.inode = 7
            mapping.path = "/x.so"
            mappings.append(mapping)
        }
        let memory = FakeMemory([(0x10_0000, image), (0x20_0000, image), (0x30_0000, image)])
        let list = ImageList(mappings, files: ProbeTarget.process(1).files(nil), source: memory)
        #expect(list.images.map(\.loadBias) == [0x10_0000, 0x20_0000])
        #expect(list.images.allSatisfy { $0.lookup?.value(of: "_PyRuntime") == 0x1800 })
    }

    @Test func buildID() {
        let notes: [UInt8] =
            [4, 0, 0, 0, 8, 0, 0, 0, 5, 0, 0, 0, 71, 78, 85, 0, 1, 2, 3, 4, 5, 6, 7, 8]
            + [4, 0, 0, 0, 4, 0, 0, 0, 3, 0, 0, 0, 71, 78, 85, 0, 0xab, 1, 2, 3]
        #expect(BuildID.hexadecimal(BuildID.parse(notes)) == "ab010203")
        #expect(BuildID.parse(Array(notes.dropLast())).isEmpty)
        #expect(BuildID.parse([255, 255, 255, 255] + notes).isEmpty)
    }
}
