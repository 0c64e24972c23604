import Glibc

/// Runs `body` on a thread of its own and waits for it; false when no thread could be had. All of
/// ptrace happens there: when the thread ends, the kernel detaches from every tracee at once, without
/// stopping any of them.
public func onTracerThread(_ body: @escaping () -> Void) -> Bool {
    var thread = pthread_t()
    let work = Unmanaged.passRetained(Work(body))
    let result = pthread_create(
        &thread, nil,
        {
            Unmanaged<Work>.fromOpaque($0!).takeRetainedValue().body()
            return nil
        }, work.toOpaque())
    guard result == 0 else {
        work.release()
        return false
    }
    pthread_join(thread, nil)
    return true
}

private final class Work {
    let body: () -> Void
    init(_ body: @escaping () -> Void) { self.body = body }
}
