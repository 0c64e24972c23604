import Glibc
import TargetMemory

/// Memory made of pages; anything else is unmapped.
public final class FakeSource: MemorySource {
    private var pages: [Address: [UInt8]] = [:]
    public private(set) var systemCalls = 0
    public private(set) var bytesRead = 0
    /// Called before each read: what the target does meanwhile.
    public var meanwhile: () -> Void = {}

    public init() {}

    public func map(_ start: Address, pages count: Int, fill: UInt8 = 0) {
        for page in 0..<count {
            pages[start + Address(page) * 4096] = [UInt8](repeating: fill, count: 4096)
        }
    }

    public func unmap(_ page: Address) { pages[page] = nil }

    public func write(_ bytes: [UInt8], at address: Address) {
        for (index, byte) in bytes.enumerated() {
            let place = address + Address(index)
            pages[place & ~4095]![Int(place & 4095)] = byte
        }
    }

    /// As many bytes as `value` has, little-endian.
    public func write<Value: FixedWidthInteger>(_ value: Value, at address: Address) {
        write(withUnsafeBytes(of: value.littleEndian) { Array($0) }, at: address)
    }

    public func write(word: UInt64, at address: Address) { write(word, at: address) }

    public func read(_ ranges: UnsafeBufferPointer<AddressRange>, into buffer: UnsafeMutableRawPointer) -> Int {
        systemCalls += 1
        meanwhile()
        var copied = 0
        for range in ranges {
            var place = range.start
            var left = range.count
            while left > 0 {
                guard let page = pages[place & ~4095] else { return copied > 0 ? copied : -Int(EFAULT) }
                let offset = Int(place & 4095)
                let count = min(left, 4096 - offset)
                page.withUnsafeBytes {
                    (buffer + copied).copyMemory(from: $0.baseAddress! + offset, byteCount: count)
                }
                place &+= Address(count)
                copied += count
                left -= count
            }
        }
        bytesRead += copied
        return copied
    }
}
