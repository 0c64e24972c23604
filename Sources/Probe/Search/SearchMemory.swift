import Glibc
import System
import TargetMemory

/// The target's memory for a search: pages are kept, reading is bounded in bytes and in time, and nothing is
/// read where nothing can be.
final class SearchMemory {
    private let process: ProcessBytes
    /// Readable and writable, by ascending address: interpreters and thread states lie nowhere else.
    private let places: [Range<Address>]
    private var pages: [Address: [UInt8]] = [:]
    private var bytesLeft = 96 << 20
    private let end: UInt64

    private static let pageSize: Address = 4096
    private static let mostPages = 1 << 14
    /// Nanoseconds.
    private static let longestSearch: UInt64 = 3_000_000_000

    init(_ mappings: [Mapping], source: any MemorySource) {
        process = ProcessBytes(source: source, bias: 0)
        places = mappings.filter { $0.readable && $0.writable }.map { $0.start..<$0.end }
        end = Self.now() &+ Self.longestSearch
    }

    var isExhausted: Bool { bytesLeft <= 0 || Self.now() > end }

    /// Whether an object can be at `address`.
    func canHold(_ address: Address) -> Bool {
        guard address & 7 == 0, address != 0 else { return false }
        var low = 0
        var high = places.count
        while low < high {
            let middle = (low + high) / 2
            if places[middle].upperBound <= address { low = middle + 1 } else { high = middle }
        }
        return low < places.count && places[low].lowerBound <= address
    }

    /// A word at an address that is a multiple of eight.
    func word(_ address: Address) -> UInt64? {
        guard canHold(address) else { return nil }
        let start = address & ~(Self.pageSize - 1)
        if let page = pages[start] { return page.load(Int(address - start)) }
        guard let page = piece(start, count: Int(Self.pageSize)) else { return nil }
        if pages.count >= Self.mostPages { pages.removeAll(keepingCapacity: true) }
        pages[start] = page
        return page.load(Int(address - start))
    }

    /// Bytes that are looked through once; as many as can be read, nil when it is enough.
    func piece(_ start: Address, count: Int) -> [UInt8]? {
        guard !isExhausted else { return nil }
        let bytes = process.upTo(count, at: start)
        bytesLeft -= max(bytes.count, 64)
        return bytes.isEmpty ? nil : bytes
    }

    /// What was read may have changed since.
    func forget() { pages.removeAll(keepingCapacity: true) }

    private static func now() -> UInt64 { monotonicNow() }
}
