import Glibc

/// What the scheduler tells of one thread at a time; its files stay open.
final class ScheduleFiles {
    private let pid: pid_t
    private var tid: pid_t = 0
    private var statistics: Int32 = -1
    private var status: Int32 = -1
    private(set) var systemCalls = 0

    init(pid: pid_t) { self.pid = pid }

    deinit { closeAll() }

    /// Turns to `tid`.
    func open(_ tid: pid_t) {
        guard tid != self.tid else { return }
        closeAll()
        self.tid = tid
        systemCalls += 4
        statistics = Glibc.open("/proc/\(pid)/task/\(tid)/schedstat", O_RDONLY | O_CLOEXEC)
        status = Glibc.open("/proc/\(pid)/task/\(tid)/stat", O_RDONLY | O_CLOEXEC)
    }

    private func closeAll() {
        if statistics >= 0 { close(statistics) }
        if status >= 0 { close(status) }
        (statistics, status) = (-1, -1)
    }

    /// How often the thread was given a processor: the third number of schedstat.
    func timesScheduled() -> Int? { number(3, of: statistics, after: nil) }

    /// The processor that it was last on: field 39 of stat (proc(5)), the 37th after the name.
    func processor() -> Int? { number(37, of: status, after: UInt8(ascii: ")")) }

    /// Number `index`, counted from 1, of those behind the last `mark`.
    private func number(_ index: Int, of file: Int32, after mark: UInt8?) -> Int? {
        systemCalls += 1
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1024) { buffer in
            let count = pread(file, buffer.baseAddress!, buffer.count, 0)
            guard count > 0 else { return nil }
            var text = buffer[..<count]
            if let mark, let last = text.lastIndex(of: mark) { text = text[(last + 1)...] }
            let words = text.split(whereSeparator: { $0 == 32 || $0 == 10 })
            guard index <= words.count else { return nil }
            return Int(String(decoding: words[words.startIndex + index - 1], as: UTF8.self))
        }
    }
}
