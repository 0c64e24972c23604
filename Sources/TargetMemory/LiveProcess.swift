import Glibc
import System

/// The memory of a running process, read with `process_vm_readv`: nothing is written, and the
/// process need not be stopped for it (whether what is read is consistent is the caller's concern).
public final class LiveProcess: MemorySource {
    public let pid: pid_t
    public private(set) var systemCalls = 0

    /// The kernel takes this many ranges in one call (UIO_MAXIOV).
    private static let rangesPerCall = 1024

    private let kernel: any Kernel

    public convenience init(pid: pid_t) { self.init(pid: pid, kernel: Linux.shared) }

    package init(pid: pid_t, kernel: any Kernel) {
        self.pid = pid
        self.kernel = kernel
    }

    public func read(
        _ ranges: UnsafeBufferPointer<AddressRange>, into buffer: UnsafeMutableRawPointer
    ) -> Int {
        var copied = 0
        var first = 0
        while first < ranges.count {
            let batch = UnsafeBufferPointer(
                rebasing: ranges[first..<min(first + Self.rangesPerCall, ranges.count)])
            let wanted = batch.reduce(0) { $0 + $1.count }
            let result = batch.withMemoryRebound(to: iovec.self) {
                kernel.readMemory(
                    of: pid, $0, into: UnsafeMutableRawBufferPointer(start: buffer + copied, count: wanted))
            }
            systemCalls += 1
            if result < 0 { return copied > 0 ? copied : result }
            copied += result
            if result < wanted { return copied }
            first += batch.count
        }
        return copied
    }
}
