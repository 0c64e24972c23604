import FrameDecoding
import StandardDecoders
import TargetMemory
import Testing
import TestSupport


/// Decoders on made-up memory: whole, changing, and hostile.
struct DecodingTests {
    enum Kind: CaseIterable {
        case py27, py311
        func make(depth: Int) throws -> any FakePython {
            switch self {
            case .py27: try FakePython27(depth: depth)
            case .py311: try FakePython311(depth: depth)
            }
        }
    }

    private func stack(_ python: any FakePython, _ memory: Memory) throws -> [FrameID] {
        let threads = try python.decoder.threads(in: memory)
        #expect(threads.map(\.threadID) == [77])
        var frames: [FrameID] = []
        try python.decoder.stack(of: threads[0], in: memory, into: &frames)
        return frames
    }

    /// One read a sample, at whatever depth: the whole point of TargetMemory.
    @Test(arguments: Kind.allCases, [0, 1, 50])
    func oneReadPerSample(_ kind: Kind, _ depth: Int) throws {
        let python = try kind.make(depth: depth)
        let memory = Memory(source: python.source)
        memory.refresh()
        let first = try stack(python, memory)
        #expect(first.count == depth)
        #expect(first.map { python.table[$0].firstLine } == (0..<depth).map { 100 * $0 })
        for round in 0..<200 {
            let before = python.source.systemCalls
            memory.refresh()
            _ = try python.decoder.lockState(in: memory)
            #expect(try stack(python, memory) == first)
            // In the second sample the lock's words are new.
            if round > 1 { #expect(python.source.systemCalls - before == 1, "round \(round)") }
        }
    }

    /// A code object that was dropped, and another one at its place.
    @Test(arguments: Kind.allCases)
    func reusedMemory(_ kind: Kind) throws {
        let python = try kind.make(depth: 5)
        let memory = Memory(source: python.source)
        memory.refresh()
        let first = try stack(python, memory)
        for round in 0..<20 {
            python.rename(python.codes[2], "other\(round)")
            memory.refresh()
            let now = try stack(python, memory)
            #expect(now.count == 5 && now[2] != first[2])
            #expect(now[..<2] == first[..<2] && now[3...] == first[3...])
        }
    }

    /// The first sample of a run is as new as any other, though the search for the interpreter has decoded already.
    @Test(arguments: Kind.allCases)
    func reusedMemoryBetweenReaders(_ kind: Kind) throws {
        let python = try kind.make(depth: 5)
        var seen: Set<FrameID> = []
        for round in 0..<20 {
            python.rename(python.codes[2], "other\(round)")
            let memory = Memory(source: python.source)
            memory.refresh()
            seen.insert(try stack(python, memory)[2])
        }
        #expect(seen.count == 20)
    }

    @Test(arguments: Kind.allCases, [0, 1, 3])
    func framesInACycle(_ kind: Kind, _ back: Int) throws {
        let python = try kind.make(depth: 10)
        python.link(python.frames[9], to: python.frames[9 - back])
        let memory = Memory(source: python.source)
        memory.refresh()
        #expect(throws: DecodeError.self) { try stack(python, memory) }
    }

    @Test(arguments: Kind.allCases)
    func threadsInACycle(_ kind: Kind) throws {
        let python = try kind.make(depth: 1)
        python.loopThreads()
        let memory = Memory(source: python.source)
        memory.refresh()
        #expect(throws: DecodeError.self) { try python.decoder.threads(in: memory) }
    }

    @Test(arguments: Kind.allCases, [0x10, 0x7fff_0000, .max, .max - 7, 1 << 63] as [Address])
    func danglingPointers(_ kind: Kind, _ pointer: Address) throws {
        let python = try kind.make(depth: 10)
        let memory = Memory(source: python.source)
        memory.refresh()
        let first = try stack(python, memory)
        python.link(python.frames[5], to: pointer)
        memory.refresh()
        #expect(throws: DecodeError.self) { try stack(python, memory) }
        python.link(python.frames[5], to: python.frames[6])
        python.setCode(python.frames[3], to: pointer)
        memory.refresh()
        #expect(throws: DecodeError.self) { try stack(python, memory) }
        // And it is whole again, as if nothing had been.
        python.setCode(python.frames[3], to: python.codes[3])
        memory.refresh()
        #expect(try stack(python, memory) == first)
    }

    /// Apart from the attribute: Swift 6.0 does not survive a closure there.
    static let abis = standardDecoders.supportedABIs.map(\.description)

    /// Every module on memory where each word is a pointer into the same memory, or anything else:
    /// an answer or an error comes, and it comes soon.
    @Test(arguments: abis, 0..<2 as Range<UInt64>)
    func garbage(_ abi: String, _ seed: UInt64) throws {
        let version = try #require(ABI(abi).map { PythonVersion($0.major, $0.minor, 5) })
        let source = FakeSource()
        let start: Address = 0x20000
        let pages = 32
        source.map(start, pages: pages)
        var random = Xorshift(seed: seed)
        for place in stride(from: start, to: start + Address(pages) * 4096, by: 8) {
            switch random.next() % 8 {
            case 0: source.write(random.next(), at: place)
            case 1: source.write(UInt64(0), at: place)
            case 2: source.write(random.next() % 64, at: place)
            default: source.write(start + random.next() % UInt64(pages * 512) * 8, at: place)
            }
        }
        let symbols = Dictionary(
            uniqueKeysWithValues: ["_PyRuntime", "interp_head", "_PyThreadState_Current", "gil_switch_number"]
                .map { ($0, start + random.next() % 4096 * 8) })
        let memory = Memory(source: source)
        memory.refresh()
        for module in standardDecoders where module.abis.contains(version.abi) {
            guard case .reads(let choices) = module.claim(FakeSite(version, symbols: symbols), memory, FrameTable())
            else { continue }
            for choice in choices {
                guard let decoder = try? choice.makeDecoder() else { continue }
                for _ in 0..<3 {
                    memory.refresh()
                    _ = try? decoder.lockState(in: memory)
                    _ = try? decoder.interpreters(in: memory)
                    _ = try? decoder.threads(in: memory)
                    for _ in 0..<20 {
                        let place = start + random.next() % UInt64(pages * 512) * 8
                        var frames: [FrameID] = []
                        try? decoder.stack(
                            of: ThreadState(
                                address: place, interpreter: start, threadID: 1, nativeThreadID: nil),
                            in: memory, into: &frames)
                        #expect(frames.count <= 1 << 16)
                    }
                }
            }
        }
    }
}

struct Xorshift {
    private var state: UInt64
    init(seed: UInt64) { state = 88_172_645_463_325_252 &+ seed &* 0x9e37_79b9_7f4a_7c15 | 1 }
    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
