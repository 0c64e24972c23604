import Glibc
import TargetMemory

/// Ranges of a target's memory with their bytes: ascending, apart from one another.
public struct RecordedRanges: Equatable, Sendable {
    public private(set) var ranges: [AddressRange] = []
    /// The bytes of all ranges, one after another.
    public private(set) var bytes: [UInt8] = []

    /// Real recordings have a few hundred kilobytes in some thousand ranges.
    static let mostBytes = 64 << 20
    static let mostRanges = 1 << 20

    public init() {}

    /// The ranges that `asked` covers, overlapping and adjacent ones as one, with their bytes from
    /// `source`; nil when one of them cannot be read, or they are too many.
    public init?(_ asked: [AddressRange], from source: any MemorySource) {
        for range in asked.sorted(by: { $0.start < $1.start }) where range.count > 0 {
            if let last = ranges.last, range.start <= last.start + Address(last.count) {
                let end = max(last.start + Address(last.count), range.start + Address(range.count))
                ranges[ranges.count - 1].count = Int(end - last.start)
            } else {
                ranges.append(range)
            }
        }
        let size = ranges.reduce(0) { $0 + $1.count }
        guard size <= Self.mostBytes, ranges.count <= Self.mostRanges else { return nil }
        bytes = [UInt8](repeating: 0, count: size)
        let copied = bytes.withUnsafeMutableBytes { buffer in
            guard let base = buffer.baseAddress else { return 0 }
            return ranges.withUnsafeBufferPointer { source.read($0, into: base) }
        }
        guard copied == size else { return nil }
    }

    /// Both, the upper one's bytes where they overlap; nil when they are too many.
    init?(_ upper: RecordedRanges, over lower: RecordedRanges) {
        self.init(upper.ranges + lower.ranges, from: Layered(upper, lower))
    }

    /// Nil unless the ranges ascend, do not touch, and have as many bytes as given.
    init?(ranges: [AddressRange], bytes: [UInt8]) {
        var size = 0
        var end: Address = 0
        for range in ranges {
            let (next, overflow) = range.start.addingReportingOverflow(Address(max(range.count, 0)))
            guard range.count > 0, !overflow, range.start > end || (end == 0 && size == 0) else {
                return nil
            }
            end = next
            size += range.count
            guard size <= bytes.count else { return nil }
        }
        guard size == bytes.count else { return nil }
        self.ranges = ranges
        self.bytes = bytes
    }
}

/// The memory of a recording: every byte that is in it, and not one more.
public final class RecordedMemory: ResidentSource {
    public let ranges: [AddressRange]
    private let bytes: UnsafeMutableRawBufferPointer
    /// Where each range's bytes begin.
    private let offsets: [Int]
    /// How often something was asked for.
    public private(set) var reads = 0
    public var systemCalls: Int { reads }

    public init(_ recorded: RecordedRanges) {
        ranges = recorded.ranges
        bytes = .allocate(byteCount: max(recorded.bytes.count, 1), alignment: 16)
        bytes.copyBytes(from: recorded.bytes)
        var offset = 0
        offsets = ranges.map { range in
            defer { offset += range.count }
            return offset
        }
    }

    deinit { bytes.deallocate() }

    public func resident(_ address: Address, _ count: Int) -> UnsafeRawPointer? {
        reads += 1
        return place(of: address, count).map { UnsafeRawPointer(bytes.baseAddress! + $0) }
    }

    /// Puts other bytes in place of recorded ones; false where there are none. For tests: what does a
    /// decoder do when its target is damaged?
    public func overwrite(_ address: Address, with word: UInt64) -> Bool {
        guard let place = place(of: address, 8) else { return false }
        bytes.storeBytes(of: word, toByteOffset: place, as: UInt64.self)
        return true
    }

    public func read(
        _ ranges: UnsafeBufferPointer<AddressRange>, into buffer: UnsafeMutableRawPointer
    ) -> Int {
        var copied = 0
        for range in ranges {
            guard let found = resident(range.start, range.count) else {
                return copied > 0 ? copied : -Int(EFAULT)
            }
            (buffer + copied).copyMemory(from: found, byteCount: range.count)
            copied += range.count
        }
        return copied
    }

    private func place(of address: Address, _ count: Int) -> Int? {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].start <= address { low = middle + 1 } else { high = middle }
        }
        guard low > 0, count >= 0 else { return nil }
        let range = ranges[low - 1]
        let within = address - range.start
        guard within <= Address(range.count), count <= range.count - Int(within) else { return nil }
        return offsets[low - 1] + Int(within)
    }
}

/// Two recordings of one memory, byte by byte: what the upper one lacks is the lower one's.
private final class Layered: MemorySource {
    private let layers: [RecordedMemory]
    let systemCalls = 0

    init(_ upper: RecordedRanges, _ lower: RecordedRanges) {
        layers = [RecordedMemory(upper), RecordedMemory(lower)]
    }

    func read(
        _ ranges: UnsafeBufferPointer<AddressRange>, into buffer: UnsafeMutableRawPointer
    ) -> Int {
        var copied = 0
        for range in ranges {
            if let whole = layers.lazy.compactMap({ $0.resident(range.start, range.count) }).first {
                (buffer + copied).copyMemory(from: whole, byteCount: range.count)
                copied += range.count
                continue
            }
            for offset in 0..<range.count {
                let place = range.start + Address(offset)
                guard let byte = layers.lazy.compactMap({ $0.resident(place, 1) }).first else {
                    return copied > 0 ? copied : -Int(EFAULT)
                }
                buffer.storeBytes(of: byte.load(as: UInt8.self), toByteOffset: copied, as: UInt8.self)
                copied += 1
            }
        }
        return copied
    }
}
