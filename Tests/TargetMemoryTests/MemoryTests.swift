import TestSupport
import Testing

@testable import TargetMemory

struct MemoryTests {
    private let source = FakeSource()

    /// Words scattered over many pages, as objects on a heap are.
    private var scattered: [Address] { (0..<50).map { 0x10000 + Address($0) * 5000 } }

    private func mapped() -> Memory {
        source.map(0x10000, pages: 64)
        for (index, address) in scattered.enumerated() {
            source.write(word: UInt64(index) + 1, at: address)
        }
        return Memory(source: source)
    }

    @Test func oneCallPerSampleInTheSteadyState() throws {
        let memory = mapped()
        for _ in 0..<3 {
            memory.refresh()
            for address in scattered { _ = try memory.pointer(at: address) }
        }
        for round in 0..<300 {
            let before = source.systemCalls
            memory.refresh()
            for (index, address) in scattered.enumerated() {
                #expect(try memory.pointer(at: address) == UInt64(index) + 1)
            }
            #expect(source.systemCalls - before == 1, "round \(round)")
        }
    }

    @Test func everySampleIsFresh() throws {
        let memory = mapped()
        for round in 1...200 {
            for address in scattered { source.write(word: UInt64(round), at: address) }
            memory.refresh()
            for address in scattered { #expect(try memory.pointer(at: address) == UInt64(round)) }
            // Within a sample nothing changes.
            source.write(word: 0, at: scattered[0])
            #expect(try memory.pointer(at: scattered[0]) == UInt64(round))
        }
    }

    @Test func unmappedMemoryIsAnErrorAndHarmsNoOther() throws {
        let memory = mapped()
        memory.refresh()
        for address in scattered { _ = try memory.pointer(at: address) }
        let victim = scattered[20]
        source.unmap(victim & ~4095)
        for _ in 0..<3 {
            memory.refresh()
            #expect(throws: MemoryError.self) { try memory.pointer(at: victim) }
            for address in scattered where address & ~4095 != victim & ~4095 {
                _ = try memory.pointer(at: address)
            }
        }
    }

    @Test func requestsAcrossPagesAndSpans() throws {
        source.map(0x20000, pages: 4)
        let memory = Memory(source: source)
        for round in 0..<5 {
            memory.refresh()
            let bytes = [UInt8]((0..<5000).map { UInt8(truncatingIfNeeded: $0 + round) })
            source.write(bytes, at: 0x20100)
            memory.refresh()
            let read = try memory.bytes(at: 0x20100, count: 5000)
            #expect(Array(UnsafeRawBufferPointer(start: read, count: 5000)) == bytes)
        }
    }

    @Test(arguments: [
        (Address(0), 8), (8, 8), (.max, 8), (.max - 3, 8), (1 << 60, 8), (0x20000, 0), (0x20000, -1),
        (0x20000, Memory.largestRequest + 1), (0x20000, .max),
    ] as [(Address, Int)])
    func impossibleRequests(_ address: Address, _ count: Int) {
        source.map(0x20000, pages: 1)
        let memory = Memory(source: source)
        memory.refresh()
        #expect(throws: MemoryError.self) { try memory.bytes(at: address, count: count) }
    }

    @Test func whatIsNoLongerAskedForIsDropped() throws {
        let memory = mapped()
        memory.refresh()
        for address in scattered { _ = try memory.pointer(at: address) }
        for _ in 0..<200 {
            memory.refresh()
            _ = try memory.pointer(at: scattered[0])
        }
        let before = source.bytesRead
        memory.refresh()
        #expect(source.bytesRead - before == 256)
    }

    /// What a stack that grows and shrinks does: each new depth costs further reads once only.
    @Test func growthAndShrinkage() throws {
        let memory = mapped()
        for depth in [5, 50, 10, 50, 1, 50] {
            for round in 0..<4 {
                let before = source.systemCalls
                memory.refresh()
                for address in scattered[..<depth] { _ = try memory.pointer(at: address) }
                if round > 0 { #expect(source.systemCalls - before == 1, "depth \(depth), round \(round)") }
            }
        }
    }

    /// Ranges that are gone cost a few calls, never one for each.
    @Test func manyHolesAreBounded() throws {
        let memory = mapped()
        memory.refresh()
        for address in scattered { _ = try memory.pointer(at: address) }
        for address in scattered where address != scattered[0] { source.unmap(address & ~4095) }
        let before = source.systemCalls
        memory.refresh()
        #expect(source.systemCalls - before <= 8)
        #expect(try memory.pointer(at: scattered[0]) == 1)
    }

    /// More ranges than fit in memory that is held on to: still the right bytes.
    @Test func aWorkingSetWithoutBounds() throws {
        source.map(0x100000, pages: 2200)
        let memory = Memory(source: source)
        for _ in 0..<2 {
            memory.refresh()
            for page in 0..<2200 {
                #expect(try memory.bytes(at: 0x100000 + Address(page) * 4096, count: 4096).load(as: UInt8.self) == 0)
            }
        }
        source.write(word: 7, at: 0x100000)
        memory.refresh()
        #expect(try memory.pointer(at: 0x100000) == 7)
    }
}
