/// An address in the target's address space.
public typealias Address = UInt64

/// A stretch of the target's memory. Its layout is that of `struct iovec`, so that an array of
/// ranges can be handed to the kernel as it is.
public struct AddressRange: Equatable, Sendable, BitwiseCopyable {
    public var start: Address
    /// Bytes.
    public var count: Int

    public init(start: Address, count: Int) {
        self.start = start
        self.count = count
    }
}

/// Where bytes come from: a live process, a recording, a core file.
public protocol MemorySource: AnyObject {
    /// Copies `ranges`, one after another, into `buffer`.
    ///
    /// Returns how many bytes were copied before the first one that could not be read, or the
    /// negated `errno` when nothing was. `buffer` holds at least the sum of the ranges' counts.
    func read(
        _ ranges: UnsafeBufferPointer<AddressRange>, into buffer: UnsafeMutableRawPointer
    ) -> Int

    /// How often `read` has asked the kernel (or would have, on a live process).
    var systemCalls: Int { get }
}

extension MemorySource {
    /// Copies `range` alone; returns as `read` of several does.
    public func read(_ range: AddressRange, into buffer: UnsafeMutableRawPointer) -> Int {
        withUnsafePointer(to: range) { read(UnsafeBufferPointer(start: $0, count: 1), into: buffer) }
    }

    /// One value at `address` (no alignment is asked for), past any working set; nil when it cannot be read.
    public func load<Value: BitwiseCopyable>(_ address: Address, as type: Value.Type = Value.self) -> Value? {
        let size = MemoryLayout<Value>.size
        return withUnsafeTemporaryAllocation(byteCount: size, alignment: 16) { buffer in
            read(AddressRange(start: address, count: size), into: buffer.baseAddress!) == size
                ? buffer.loadUnaligned(as: type) : nil
        }
    }
}

/// A read of the target's memory that did not succeed.
public struct MemoryError: Error, Equatable, Sendable {
    public var address: Address
    /// Bytes that were asked for.
    public var count: Int
    /// EFAULT where nothing is mapped, ESRCH when the process is gone, EPERM, E2BIG over a bound.
    public var errno: Int32

    public init(address: Address, count: Int, errno: Int32) {
        self.address = address
        self.count = count
        self.errno = errno
    }
}

/// A source that has the target's bytes in its own memory already (a recording): what is asked for is
/// handed out in place, exactly as far as it is there.
public protocol ResidentSource: MemorySource {
    /// `count` bytes at `address`, valid as long as the source is; nil when one of them is missing.
    func resident(_ address: Address, _ count: Int) -> UnsafeRawPointer?
}
