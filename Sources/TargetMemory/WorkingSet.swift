/// The memory that recent samples touched, as sorted spans that are read again in one call.
///
/// It is kept in blocks of 256 bytes: small enough that little is read in vain, large enough that
/// neighbours fall together. A block never straddles a page, so a block that was readable once stays
/// readable as long as its page is mapped.
struct WorkingSet {
    private static let blockSize: Address = 256
    /// Gaps up to this many blocks are read along: a range costs the kernel more than its bytes.
    private static let widestGap: Address = 6
    /// A block that no sample has touched for this many samples is dropped.
    private static let lifetime: UInt32 = 64
    /// More than this is not held on to (a program that touches it all has no steady state anyway).
    private static let largestSize = 8 << 20

    private struct Span {
        var start: Address
        var end: Address
        /// Where the span's copy lies in `buffer`.
        var offset: Int
        /// Where the span's blocks begin in `lastUse`.
        var firstBlock: Int
        /// The sample whose bytes the copy holds; 0 for none.
        var loaded: UInt32
    }

    private var spans: [Span] = []
    /// The same spans in the shape that the kernel takes.
    private var ranges: [AddressRange] = []
    /// For each block, the sample that last asked for it; 0 for one that was only read along.
    private var lastUse: [UInt32] = []
    private var buffer: Buffer?
    private var lastRevision: UInt32 = 0
    private var recentSpan = 0

    /// Owns the copy; a class, so that it is freed with the working set.
    private final class Buffer {
        let bytes: UnsafeMutableRawPointer
        let capacity: Int
        init(capacity: Int) {
            bytes = .allocate(byteCount: capacity, alignment: 16)
            self.capacity = capacity
        }
        deinit { bytes.deallocate() }
    }

    func isRevisionDue(epoch: UInt32) -> Bool {
        epoch &- lastRevision >= Self.lifetime && !spans.isEmpty
    }

    /// The copy of `count` bytes at `address`, if this sample's read brought them.
    mutating func find(_ address: Address, _ count: Int, epoch: UInt32) -> UnsafeRawPointer? {
        guard count > 0, let index = span(containing: address) else { return nil }
        let span = spans[index]
        // Written so that no address can overflow.
        guard span.loaded == epoch, Address(count) <= span.end - address else { return nil }
        recentSpan = index
        let first = span.firstBlock + Int((address - span.start) / Self.blockSize)
        let last = span.firstBlock
            + Int((address - span.start + Address(count) - 1) / Self.blockSize)
        for block in first...last { lastUse[block] = epoch }
        return UnsafeRawPointer(buffer!.bytes + span.offset + Int(address - span.start))
    }

    private func span(containing address: Address) -> Int? {
        if recentSpan < spans.count, spans[recentSpan].start <= address,
            address < spans[recentSpan].end
        {
            return recentSpan
        }
        var low = 0
        var high = spans.count
        while low < high {
            let middle = (low + high) / 2
            if spans[middle].end <= address { low = middle + 1 } else { high = middle }
        }
        return low < spans.count && spans[low].start <= address ? low : nil
    }

    /// Reads all spans. One that has become unreadable is passed over: it stays unloaded for this
    /// sample, and is dropped at the next revision unless it is asked for again.
    mutating func load(from source: any MemorySource, epoch: UInt32) {
        guard let buffer, !spans.isEmpty else { return }
        var first = 0
        var attempts = 0
        while first < spans.count, attempts < 8 {
            attempts += 1
            let copied = ranges.withUnsafeBufferPointer {
                source.read(
                    UnsafeBufferPointer(rebasing: $0[first...]),
                    into: buffer.bytes + spans[first].offset)
            }
            var rest = max(copied, 0)
            while first < spans.count, rest >= ranges[first].count {
                rest -= ranges[first].count
                spans[first].loaded = epoch
                first += 1
            }
            first += 1  // the span that could not be read
        }
    }

    /// Lays the spans out anew: blocks in use, those of `added`, and the narrow gaps between them.
    mutating func revise(epoch: UInt32, adding added: [AddressRange]) {
        lastRevision = epoch
        var blocks: [(start: Address, lastUse: UInt32)] = []
        blocks.reserveCapacity(lastUse.count + added.count)
        for span in spans {
            for block in 0..<Int((span.end - span.start) / Self.blockSize) {
                let use = lastUse[span.firstBlock + block]
                guard use != 0, epoch &- use < Self.lifetime else { continue }
                blocks.append((span.start + Address(block) * Self.blockSize, use))
            }
        }
        for range in added {
            var block = range.start & ~(Self.blockSize - 1)
            while block < range.start + Address(range.count) {
                blocks.append((block, epoch))
                block += Self.blockSize
            }
        }
        if blocks.count * Int(Self.blockSize) > Self.largestSize { blocks.removeAll() }
        blocks.sort { $0.start < $1.start }
        layOut(blocks)
    }

    private mutating func layOut(_ blocks: [(start: Address, lastUse: UInt32)]) {
        spans.removeAll(keepingCapacity: true)
        ranges.removeAll(keepingCapacity: true)
        lastUse.removeAll(keepingCapacity: true)
        recentSpan = 0
        var size = 0
        for block in blocks {
            let end = block.start + Self.blockSize
            if let last = spans.last, block.start < last.end {
                lastUse[lastUse.count - 1] = max(lastUse[lastUse.count - 1], block.lastUse)
                continue
            }
            if let last = spans.last, block.start - last.end <= Self.widestGap * Self.blockSize {
                let gap = Int((block.start - last.end) / Self.blockSize)
                lastUse.append(contentsOf: repeatElement(0, count: gap))
                spans[spans.count - 1].end = end
            } else {
                spans.append(
                    Span(
                        start: block.start, end: end, offset: 0, firstBlock: lastUse.count,
                        loaded: 0))
            }
            lastUse.append(block.lastUse)
        }
        for index in spans.indices {
            spans[index].offset = size
            let count = Int(spans[index].end - spans[index].start)
            ranges.append(AddressRange(start: spans[index].start, count: count))
            size += count
        }
        if (buffer?.capacity ?? 0) < size { buffer = Buffer(capacity: size + size / 2) }
    }
}
