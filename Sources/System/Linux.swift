import CLinux
import Glibc

/// The real kernel. It counts the system calls of each thread; the clock is read without one.
package final class Linux: Kernel, Sendable {
    /// It has no state, so one will do.
    package static let shared = Linux()

    private init() {}

    package var calls: Int { cl_calls() }

    // MARK: Time

    package func nanoseconds(on clock: clockid_t) -> UInt64 {
        var time = timespec()
        // The other clocks are read from a page that the kernel shares with every process.
        if clock == CLOCK_THREAD_CPUTIME_ID || clock == CLOCK_PROCESS_CPUTIME_ID { cl_count_calls(1) }
        clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    package func sleep(nanoseconds: UInt64) {
        var time = timespec(tv_sec: 0, tv_nsec: Int(min(nanoseconds, 999_999_999)))
        cl_count_calls(1)
        nanosleep(&time, nil)
    }

    package func spinHint() { cl_spin_hint() }

    package func setTimerSlack(nanoseconds: UInt) {
        cl_count_calls(1)
        cl_set_timer_slack(nanoseconds)
    }

    package func makeTimer(signal: Int32) -> Int32 {
        cl_count_calls(1)
        return cl_timer_create(signal)
    }

    package func setTimer(_ timer: Int32, moment: UInt64) -> Int32 {
        cl_count_calls(1)
        return cl_timer_set(timer, moment)
    }

    package func deleteTimer(_ timer: Int32) {
        cl_count_calls(1)
        cl_timer_delete(timer)
    }

    // MARK: Files

    package func open(_ path: String, flags: Int32) -> Int32 {
        cl_count_calls(1)
        let descriptor = Glibc.open(path, flags | O_CLOEXEC)
        return descriptor >= 0 ? descriptor : -errno
    }

    package func read(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer, at offset: Int?) -> Int {
        cl_count_calls(1)
        let count = offset.map { pread(descriptor, buffer.baseAddress, buffer.count, $0) }
            ?? Glibc.read(descriptor, buffer.baseAddress, buffer.count)
        return count >= 0 ? count : -Int(errno)
    }

    package func close(_ descriptor: Int32) {
        cl_count_calls(1)
        _ = Glibc.close(descriptor)
    }

    package func names(in directory: String) -> [String]? {
        // open, fstat; getdents twice or more; close.
        cl_count_calls(2)
        guard let stream = opendir(directory) else { return nil }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        // The C library asks for 32 KB at a time: some thousand entries.
        cl_count_calls(3 + names.count / 1024)
        return names
    }

    package func link(at path: String) -> String? {
        cl_count_calls(1)
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { buffer in
            let count = readlink(path, buffer.baseAddress!, buffer.count)
            guard count > 0 else { return nil }
            return String(decoding: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count]), as: UTF8.self)
        }
    }

    // MARK: Another process's memory

    package func readMemory(
        of pid: pid_t, _ ranges: UnsafeBufferPointer<iovec>, into buffer: UnsafeMutableRawBufferPointer
    ) -> Int {
        cl_count_calls(1)
        var local = iovec(iov_base: buffer.baseAddress, iov_len: buffer.count)
        return cl_process_vm_readv(pid, &local, 1, ranges.baseAddress, ranges.count)
    }

    // MARK: Waiting

    package func waitNow(for tid: pid_t, status: inout WaitStatus) -> pid_t {
        cl_count_calls(1)
        return cl_wait(tid, &status.raw)
    }

    package func endedAndNotWaitedFor(among tid: pid_t) -> pid_t {
        cl_count_calls(1)
        return cl_wait_peek_end(tid)
    }

    package func takeSignal(among signals: SignalSet, within nanoseconds: UInt64?) -> TakenSignal {
        cl_count_calls(1)
        var info = cl_signal()
        // Longer than a hundred years is for ever.
        let limit = nanoseconds.map { Int64(min($0, 1 << 61)) } ?? -1
        let number = cl_take_signal(signals.bits, limit, &info)
        return TakenSignal(number: number, code: info.code, sender: info.sender, status: info.status)
    }

    // MARK: Processors and scheduling

    package func switchesOfThread() -> Int {
        cl_count_calls(1)
        return cl_thread_switches()
    }

    package func affinity(of tid: pid_t, into mask: inout [UInt64]) -> Int32 {
        cl_count_calls(1)
        return cl_get_processors(tid, &mask, mask.count)
    }

    package func setAffinity(of tid: pid_t, _ mask: [UInt64]) -> Int32 {
        cl_count_calls(1)
        return cl_set_processors(tid, mask, mask.count)
    }

    package func schedulingOfThread(_ attributes: inout SchedulingAttributes) -> Int32 {
        var raw = cl_scheduling()
        cl_count_calls(1)
        let result = cl_get_scheduling(&raw)
        attributes = SchedulingAttributes(
            policy: raw.policy, nice: raw.nice, flags: raw.flags, priority: raw.priority, runtime: raw.runtime)
        return result
    }

    package func setSchedulingOfThread(_ attributes: SchedulingAttributes) -> Int32 {
        var raw = cl_scheduling(
            policy: attributes.policy, nice: attributes.nice, priority: attributes.priority, flags: attributes.flags,
            runtime: attributes.runtime)
        cl_count_calls(1)
        return cl_set_scheduling(&raw)
    }

    package func schedulingPolicy(of tid: pid_t) -> Int32 {
        cl_count_calls(1)
        return cl_scheduling_policy(tid)
    }
}
