import FrameDecoding
import Recording
import TargetMemory
import Testing


/// Every decoder on stacks that have no end, and on sizes that cannot be.
struct BoundsTests {
    /// A link of a chain: a word in one struct leads to another of the same size, and so on.
    private struct Link {
        var place: Address
        /// The struct that it is in: where, how many bytes, and where in it the word is.
        var start: Address
        var size: Int
        var offset: Int
    }

    /// The links from frame to frame in the deepest stack, leaf first, found by looking at what is read: no layout
    /// is known here.
    private func links(_ bench: Bench) throws -> (ThreadState, [Link]) {
        let (_, threads) = bench.threads()
        let deepest = bench.recording.stacks.indices.max {
            bench.recording.stacks[$0].frames.count < bench.recording.stacks[$1].frames.count
        }
        let thread = threads[try #require(deepest)]
        let (decoder, frames) = try bench.decoder()
        bench.memory.asked = []
        try #require(bench.stack(of: thread, decoder, frames) != .error)
        let starts = Dictionary(bench.memory.asked.map { ($0.start, $0.count) }) { first, _ in first }
        var groups: [[Int]: [Link]] = [:]
        for (index, range) in bench.memory.asked.enumerated() where starts[range.start] == range.count {
            for offset in stride(from: 0, through: range.count - 8, by: 8) {
                guard let word = bench.memory.recorded.resident(range.start + Address(offset), 8) else { continue }
                let next = word.loadUnaligned(as: Address.self)
                guard next != range.start, starts[next] == range.count,
                    bench.memory.asked[index...].contains(where: { $0.start == next })
                else { continue }
                groups[[range.count, offset], default: []].append(
                    Link(place: range.start + Address(offset), start: range.start, size: range.count, offset: offset))
            }
        }
        let longest = groups.values.max { $0.count < $1.count } ?? []
        return (thread, longest)
    }

    @Test(arguments: Snapshot.all)
    func cycles(_ snapshot: Snapshot) throws {
        let bench = Bench(snapshot.recording)
        let (thread, links) = try links(bench)
        try #require(links.count >= 3, "no chain of frames found")
        // To itself, to its caller, to the leaf.
        for (from, to) in [(1, 1), (2, 1), (links.count - 1, 0)] {
            let original = bench.memory.recorded.resident(links[from].place, 8)!.loadUnaligned(as: UInt64.self)
            #expect(bench.memory.recorded.overwrite(links[from].place, with: links[to].start))
            let (decoder, frames) = try bench.decoder()
            let before = bench.memory.recorded.reads
            #expect(bench.stack(of: thread, decoder, frames) == .error, "\(from) to \(to)")
            // Found out after a few rounds, not at the bound.
            #expect(bench.memory.recorded.reads - before < 8000)
            #expect(bench.memory.recorded.overwrite(links[from].place, with: original))
        }
    }

    /// Frames without end, each at an address of its own: cut off at 65536.
    @Test(arguments: Snapshot.all)
    func depth(_ snapshot: Snapshot) throws {
        let bench = Bench(snapshot.recording)
        let (thread, links) = try links(bench)
        let link = try #require(links.dropFirst().first)
        let template = bench.memory.recorded.resident(link.start, link.size)!
        let base: Address = 0x6000_0000_0000
        let invented = UnsafeMutableRawPointer.allocate(byteCount: link.size, alignment: 16)
        defer { invented.deallocate() }
        invented.copyMemory(from: template, byteCount: link.size)
        bench.memory.isWatching = false
        bench.memory.invention = { address, count in
            guard address >= base, address < base + (1 << 40), address & 4095 == 0, count <= link.size else { return nil }
            invented.storeBytes(of: address + 4096, toByteOffset: link.offset, as: UInt64.self)
            return UnsafeRawPointer(invented)
        }
        #expect(bench.memory.recorded.overwrite(link.place, with: base))
        let (decoder, frames) = try bench.decoder()
        switch bench.stack(of: thread, decoder, frames) {
        case .stack(let stack): #expect(stack.count > 60_000 && stack.count <= 1 << 16)
        case .error: break
        case .threads: Issue.record("no stack")
        }
    }

    /// Sizes of strings and line tables, each replaced by one that cannot be.
    @Test(arguments: Snapshot.all, [1 << 20, 1 << 31, 1 << 62, .max] as [UInt64])
    func sizes(_ snapshot: Snapshot, _ size: UInt64) throws {
        let bench = Bench(snapshot.recording)
        let (_, threads) = bench.threads()
        let thread = try #require(threads.first { thread in
            snapshot.recording.stacks.contains { $0.address == thread.address && $0.frames.count > 2 }
        })
        let (decoder, frames) = try bench.decoder()
        bench.memory.asked = []
        let whole = bench.stack(of: thread, decoder, frames)
        var errors = 0
        // A size stands in a word, and what is asked for next to it is as long as it says.
        for range in Set(bench.memory.asked.map(\.start)).sorted() where errors < 5 {
            guard let word = bench.memory.recorded.resident(range, 8)?.loadUnaligned(as: UInt64.self),
                (1...4096).contains(word)
            else { continue }
            #expect(bench.memory.recorded.overwrite(range, with: size))
            let (decoder, frames) = try bench.decoder()
            let now = bench.stack(of: thread, decoder, frames)
            if now == .error { errors += 1 }
            #expect(bench.memory.recorded.overwrite(range, with: word))
        }
        #expect(errors > 0, "no size was looked at: \(whole)")
    }
}
