import TargetMemory

/// Why a stack could not be decoded. In a running target a few are normal (a thread state that was
/// just freed); when every attempt fails, the layout or the version is wrong.
public enum DecodeError: Error, Sendable {
    case memory(MemoryError)
    /// What was read cannot be what it should be: which check failed, and where.
    case implausible(StaticString, at: Address)
    /// Reading on would take longer, or more memory, than a sample may.
    case tooMuch(at: Address)

    public var explanation: String {
        switch self {
        case .memory(let error):
            "could not read \(error.count) bytes at 0x\(String(error.address, radix: 16)) (errno \(error.errno))"
        case .implausible(let what, let address):
            "\(what) at 0x\(String(address, radix: 16))"
        case .tooMuch(let address):
            "more than a sample may read, or slower than it may be, at 0x\(String(address, radix: 16))"
        }
    }
}

/// Runs reads of memory where decode errors are thrown.
@inline(__always)
func reading<T: ~Copyable>(_ body: () throws(MemoryError) -> T) throws(DecodeError) -> T {
    do { return try body() } catch { throw .memory(error) }
}

/// The reads of `Memory`, throwing what decoders throw.
extension Memory {
    @inline(__always)
    public func view(_ address: Address, _ count: Int) throws(DecodeError) -> MemoryView {
        MemoryView(start: try reading { () throws(MemoryError) in try bytes(at: address, count: count) })
    }

    @inline(__always)
    public func word(_ address: Address) throws(DecodeError) -> Address {
        try reading { () throws(MemoryError) in try pointer(at: address) }
    }

    @inline(__always)
    public func int32(_ address: Address) throws(DecodeError) -> Int32 {
        try reading { () throws(MemoryError) in try load(address, as: Int32.self) }
    }
}

/// A stretch of the target's memory, read at once; valid for the present sample.
public struct MemoryView {
    let start: UnsafeRawPointer

    @inline(__always)
    public func word(_ offset: Int) -> Address {
        start.loadUnaligned(fromByteOffset: offset, as: Address.self)
    }
    @inline(__always)
    public func int32(_ offset: Int) -> Int32 {
        start.loadUnaligned(fromByteOffset: offset, as: Int32.self)
    }
    @inline(__always)
    public func byte(_ offset: Int) -> UInt8 {
        start.load(fromByteOffset: offset, as: UInt8.self)
    }
    public func bytes(_ offset: Int, count: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: start + offset, count: count)
    }
}
