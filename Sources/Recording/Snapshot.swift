import Glibc
import TargetMemory

/// Hands reads on to a live target and keeps the pages that it sees, each byte as it was read last: what the
/// last sample was decoded from can be read again when the target has moved on.
public final class Snapshot: MemorySource {
    private let target: any MemorySource
    private var pages: [Address: [UInt8]] = [:]

    private static let pageSize: Address = 4096

    public init(of target: any MemorySource) { self.target = target }

    public var systemCalls: Int { target.systemCalls }

    public func read(
        _ ranges: UnsafeBufferPointer<AddressRange>, into buffer: UnsafeMutableRawPointer
    ) -> Int {
        let copied = target.read(ranges, into: buffer)
        var left = max(copied, 0)
        var place = UnsafeRawPointer(buffer)
        for range in ranges where left > 0 {
            let count = min(range.count, left)
            keep(UnsafeRawBufferPointer(start: place, count: count), at: range.start)
            left -= count
            place += count
        }
        return copied
    }

    private func keep(_ bytes: UnsafeRawBufferPointer, at start: Address) {
        Self.eachPage(start, bytes.count) { page, offset, within in
            pages[page, default: [UInt8](repeating: 0, count: Int(Self.pageSize))]
                .replaceSubrange(offset..<offset + within.count, with: bytes[within])
        }
    }

    /// What was kept, to be read; nothing comes from the target.
    public var kept: any MemorySource { Kept(pages) }

    private final class Kept: MemorySource {
        private let pages: [Address: [UInt8]]
        let systemCalls = 0

        init(_ pages: [Address: [UInt8]]) { self.pages = pages }

        func read(
            _ ranges: UnsafeBufferPointer<AddressRange>, into buffer: UnsafeMutableRawPointer
        ) -> Int {
            var copied = 0
            var isWhole = true
            for range in ranges where isWhole {
                Snapshot.eachPage(range.start, range.count) { page, offset, within in
                    guard isWhole, let bytes = pages[page] else {
                        isWhole = false
                        return
                    }
                    bytes.withUnsafeBytes {
                        (buffer + copied).copyMemory(
                            from: $0.baseAddress! + offset, byteCount: within.count)
                    }
                    copied += within.count
                }
            }
            return isWhole || copied > 0 ? copied : -Int(EFAULT)
        }
    }

    /// The pages that `count` bytes at `start` lie in: the page, where in it they begin, and which of
    /// the bytes they are.
    private static func eachPage(
        _ start: Address, _ count: Int, _ body: (Address, _ offset: Int, _ within: Range<Int>) -> Void
    ) {
        var done = 0
        while done < count {
            let place = start &+ Address(done)
            let offset = Int(place & (pageSize - 1))
            let part = min(count - done, Int(pageSize) - offset)
            body(place &- Address(offset), offset, done..<done + part)
            done += part
        }
    }
}
