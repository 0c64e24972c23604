import Glibc
import System

/// What the scheduler tells of one thread at a time; its files stay open.
final class ScheduleFiles {
    private let pid: pid_t
    private var tid: pid_t = 0
    private var statistics: Int32 = -1
    private var status: Int32 = -1

    private let kernel: any Kernel

    init(pid: pid_t, kernel: any Kernel) {
        self.pid = pid
        self.kernel = kernel
    }

    deinit { closeAll() }

    /// Turns to `tid`.
    func open(_ tid: pid_t) {
        guard tid != self.tid else { return }
        closeAll()
        self.tid = tid
        statistics = kernel.open("/proc/\(pid)/task/\(tid)/schedstat", flags: O_RDONLY)
        status = kernel.open("/proc/\(pid)/task/\(tid)/stat", flags: O_RDONLY)
    }

    private func closeAll() {
        if statistics >= 0 { kernel.close(statistics) }
        if status >= 0 { kernel.close(status) }
        (statistics, status) = (-1, -1)
    }

    /// How often the thread was given a CPU: the third number of schedstat.
    func timesScheduled() -> Int? { number(3, of: statistics, after: nil) }

    /// The CPU that it was last on: field 39 of stat (proc(5)), the 37th after the name.
    func cpu() -> Int? { number(37, of: status, after: UInt8(ascii: ")")) }

    /// Word `index`, counted from 1, of those behind the last `mark`; nil where it is no number.
    private func number(_ index: Int, of file: Int32, after mark: UInt8?) -> Int? {
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1024) { buffer in
            let count = kernel.read(file, into: UnsafeMutableRawBufferPointer(buffer), at: 0)
            guard count > 0 else { return nil }
            let text = UnsafeBufferPointer(rebasing: buffer[..<count])
            let start = mark.flatMap { text.lastIndex(of: $0) }.map { $0 + 1 } ?? 0
            return Self.number(index, in: text, from: start)
        }
    }

    /// Without a list of words: this is asked for in every sample.
    private static func number(_ index: Int, in text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        func isBlank(_ byte: UInt8) -> Bool { byte <= UInt8(ascii: " ") }
        var rest = text[start...].drop(while: isBlank)
        for _ in 1..<index { rest = rest.drop { !isBlank($0) }.drop(while: isBlank) }
        return Int(String(decoding: rest.prefix { !isBlank($0) }, as: UTF8.self))
    }
}
