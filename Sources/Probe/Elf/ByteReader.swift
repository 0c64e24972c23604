import Glibc
import TargetMemory

/// Somewhere to read bytes of an ELF image from.
protocol ByteReader {
    /// Exactly `count` bytes at `position`, or nil.
    func bytes(at position: UInt64, count: Int) -> [UInt8]?
}

/// The process's memory, past the working set of `Memory`: nothing of this is read a second time.
/// `position` is an address of the file (as in its symbol table); the bias is added here.
struct ProcessBytes: ByteReader {
    let source: any MemorySource
    let bias: UInt64

    /// Sizes may come from the target.
    static let largestRequest = 1 << 20

    func bytes(at position: UInt64, count: Int) -> [UInt8]? {
        let bytes = upTo(count, at: position)
        return bytes.count == count ? bytes : nil
    }

    /// As many of `count` bytes as can be read.
    func upTo(_ count: Int, at position: UInt64) -> [UInt8] {
        guard count > 0, count <= Self.largestRequest else { return [] }
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, written in
            var range = AddressRange(start: bias &+ position, count: count)
            guard let base = buffer.baseAddress else { return }
            let copied = withUnsafePointer(to: &range) {
                source.read(UnsafeBufferPointer(start: $0, count: 1), into: base)
            }
            written = min(max(copied, 0), count)
        }
    }
}

extension ByteReader {
    func load<Value: FixedWidthInteger & BitwiseCopyable>(
        _ position: UInt64, as type: Value.Type = Value.self
    ) -> Value? {
        bytes(at: position, count: MemoryLayout<Value>.size)?.load(0)
    }
}

extension [UInt8] {
    /// The little-endian number at `offset`; nil past the end.
    func load<Value: FixedWidthInteger & BitwiseCopyable>(
        _ offset: Int, as type: Value.Type = Value.self
    ) -> Value? {
        guard offset >= 0, offset <= count - MemoryLayout<Value>.size else { return nil }
        return withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: Value.self) }
    }
}
