import Glibc
import System

/// A command that runs under the profiler, from its first instruction on. Its descriptors, terminal,
/// process group, signals and environment are what pyflame was given.
public final class Command {
    public let pid: pid_t
    private let release: Int32
    private let failure: Int32

    /// Why a command could not be started.
    public struct NotStarted: Error, Sendable {
        public var errno: Int32
    }

    /// Forks a child that waits to be let go. `arguments` are C strings, ended by nil: they need not be UTF-8.
    public init(
        _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>, mask: sigset_t
    ) throws(NotStarted) {
        let started = Linux.shared.spawnWaiting(arguments, mask: mask)
        guard let child = started.child else { throw NotStarted(errno: started.errno) }
        pid = child.pid
        release = child.release
        failure = child.failure
    }

    deinit {
        close(release)
        close(failure)
    }

    /// Lets the child run the command.
    public func start() {
        var byte: UInt8 = 1
        _ = write(release, &byte, 1)
    }

    /// Once the child has ended: the errno if the command could not be run at all, else nil.
    public func execError() -> Int32? {
        var error: Int32 = 0
        let count = withUnsafeMutableBytes(of: &error) { read(failure, $0.baseAddress, $0.count) }
        return count == MemoryLayout<Int32>.size ? error : nil
    }

    /// The exit status that tells of the wait status `status`, as shells and strace do.
    public static func exitStatus(of status: Int32) -> Int32 {
        let status = WaitStatus(raw: status)
        return status.terminatingSignal.map { 128 + $0 } ?? status.exitCode ?? 0
    }
}
