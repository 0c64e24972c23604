/// The memory that recent samples touched, as sorted spans that are read again in one call.
///
/// It is kept in blocks of 256 bytes: small enough that little is read in vain, large enough that
/// neighbours fall together. A block never straddles a page, so a block that was readable once stays
/// readable as long as its page is mapped.
final class WorkingSet {
    private static let blockSize: Address = 256
    /// Gaps up to this many blocks are read along: a range costs the kernel as much as some 3 KB. It is
    /// less than a page, so no page is read of which nothing was asked for.
    private static let widestGap: Address = 11
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

    // Looked at some hundred times in a sample, so they are plain memory.
    @exclusivity(unchecked) private var spans = Store<Span>()
    /// The same spans in the shape that the kernel takes.
    @exclusivity(unchecked) private var ranges = Store<AddressRange>()
    /// For each block, the sample that last asked for it; 0 for one that was only read along.
    @exclusivity(unchecked) private var lastUse = Store<UInt32>()
    /// The copy of all spans, one after another.
    @exclusivity(unchecked) private var buffer = Store<UInt8>()
    /// Bytes of all spans.
    private var size = 0
    private static let witnessSize = 4
    /// Where blocks were last found: an index into `spans` for each of some hashed block numbers.
    private let guesses = UnsafeMutablePointer<Int32>.allocate(capacity: WorkingSet.guessCount)
    private static let guessCount = 1024
    private var lastRevision: UInt32 = 0

    init() {
        guesses.initialize(repeating: 0, count: Self.guessCount)
    }

    deinit {
        guesses.deallocate()
    }

    func isRevisionDue(epoch: UInt32) -> Bool {
        epoch &- lastRevision >= Self.lifetime && spans.count > 0
    }

    /// The copy of `count` bytes at `address`, if this sample's read brought them.
    @inline(__always)
    func find(_ address: Address, _ count: Int, epoch: UInt32) -> UnsafeRawPointer? {
        let number = address / Self.blockSize
        let place = Int(truncatingIfNeeded: (number ^ number >> 10) & Address(Self.guessCount - 1))
        var index = Int(guesses[place])
        if index >= spans.count || address < spans[index].start || address >= spans[index].end {
            index = search(address)
            guard index >= 0 else { return nil }
            guesses[place] = Int32(truncatingIfNeeded: index)
        }
        let span = spans.start + index
        let distance = address - span.pointee.start
        // Written so that no address can overflow.
        guard count > 0, span.pointee.loaded == epoch,
            Address(count) <= span.pointee.end - address
        else { return nil }
        let first = span.pointee.firstBlock + Int(distance / Self.blockSize)
        let last = span.pointee.firstBlock + Int((distance + Address(count) - 1) / Self.blockSize)
        for block in first...last { lastUse[block] = epoch }
        return UnsafeRawPointer(buffer.start + span.pointee.offset + Int(distance))
    }

    /// The span that `address` is in; -1 for none.
    private func search(_ address: Address) -> Int {
        var low = 0
        var high = spans.count
        while low < high {
            let middle = (low + high) / 2
            if spans[middle].end <= address { low = middle + 1 } else { high = middle }
        }
        return low < spans.count && spans[low].start <= address ? low : -1
    }

    /// Reads all spans and, last of all, four bytes at `witness`. A span that has become unreadable is passed over: it stays unloaded for this
    /// sample, and is dropped at the next revision unless it is asked for again. Returns what was read at
    /// `witness`, nil when it was not.
    @discardableResult
    func load(from source: any MemorySource, epoch: UInt32, witness: Address? = nil) -> UInt32? {
        var first = 0
        var attempts = 0
        // The place for it is behind all the others.
        ranges[spans.count] = AddressRange(start: witness ?? 0, count: Self.witnessSize)
        let last = witness == nil ? spans.count : spans.count + 1
        while first < last, attempts < 8 {
            attempts += 1
            var rest = source.read(
                UnsafeBufferPointer(start: ranges.start + first, count: last - first),
                into: buffer.start + (first < spans.count ? spans[first].offset : size))
            while first < spans.count, rest >= ranges[first].count {
                rest -= ranges[first].count
                spans[first].loaded = epoch
                first += 1
            }
            if first == spans.count, witness != nil {
                return rest == Self.witnessSize
                    ? UnsafeRawPointer(buffer.start + size).loadUnaligned(as: UInt32.self) : nil
            }
            first += 1  // the span that could not be read
        }
        return nil
    }

    /// Lays the spans out anew: blocks in use, those of `added`, and the narrow gaps between them.
    func revise(epoch: UInt32, adding added: [AddressRange]) {
        lastRevision = epoch
        var blocks: [(start: Address, lastUse: UInt32)] = []
        blocks.reserveCapacity(lastUse.count + added.count)
        for index in 0..<spans.count {
            let span = spans[index]
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

    private func layOut(_ blocks: [(start: Address, lastUse: UInt32)]) {
        spans.removeAll()
        ranges.removeAll()
        lastUse.removeAll()
        for block in blocks {
            let end = block.start + Self.blockSize
            let last = spans.count - 1
            if last >= 0, block.start < spans[last].end {
                lastUse[lastUse.count - 1] = max(lastUse[lastUse.count - 1], block.lastUse)
                continue
            }
            if last >= 0, block.start - spans[last].end <= Self.widestGap * Self.blockSize {
                let gap = (block.start - spans[last].end) / Self.blockSize
                for _ in 0..<gap { lastUse.append(0) }
                spans[last].end = end
            } else {
                spans.append(
                    Span(
                        start: block.start, end: end, offset: 0, firstBlock: lastUse.count,
                        loaded: 0))
            }
            lastUse.append(block.lastUse)
        }
        size = 0
        for index in 0..<spans.count {
            spans[index].offset = size
            let count = Int(spans[index].end - spans[index].start)
            ranges.append(AddressRange(start: spans[index].start, count: count))
            size += count
        }
        ranges.reserve(spans.count + 1)
        buffer.reserve(size + Self.witnessSize)
    }
}
