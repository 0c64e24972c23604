import Glibc

/// Writes all of `bytes`, through short writes and interruptions; 0, or the errno.
///
/// SIGPIPE is held back for the time of the write, on this thread only: the process's disposition
/// stays as it is, and so does what a traced command inherits.
package func writeAll(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int32 {
    var brokenPipe = sigset_t()
    var before = sigset_t()
    var pending = sigset_t()
    sigemptyset(&brokenPipe)
    sigaddset(&brokenPipe, SIGPIPE)
    sigpending(&pending)
    let wasPending = sigismember(&pending, SIGPIPE) == 1
    pthread_sigmask(SIG_BLOCK, &brokenPipe, &before)
    let result = writeLoop(descriptor, bytes)
    if result == EPIPE && !wasPending {
        var now = timespec(tv_sec: 0, tv_nsec: 0)
        _ = sigtimedwait(&brokenPipe, nil, &now)
    }
    pthread_sigmask(SIG_SETMASK, &before, nil)
    return result
}

private func writeLoop(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int32 {
    var rest = bytes[...]
    while !rest.isEmpty {
        let written = write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if written > 0 {
            rest = rest.dropFirst(written)
            continue
        }
        switch written < 0 ? errno : EIO {
        case EINTR: continue
        // Somebody made the pipe non-blocking, and its reader is slow.
        case EAGAIN:
            var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            _ = poll(&wait, 1, -1)
        case let error: return error
        }
    }
    return 0
}

/// Opens `path` relative to a folder; the descriptor, or nil with errno set.
func openFile(at folder: Int32 = AT_FDCWD, _ path: String, _ flags: Int32, mode: mode_t = 0) -> Int32? {
    let descriptor = openat(folder, path, flags | O_CLOEXEC, mode)
    return descriptor >= 0 ? descriptor : nil
}

/// Fills closed standard descriptors, so that no file opened later is taken for one of them. What
/// they are filled with cannot be read or written, and does not reach a command that is run. To be
/// called first of all.
package func reserveStandardDescriptors() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
        let wrongWay = descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY
        // The lowest free number is the one that is missing.
        _ = openFile("/dev/null", wrongWay)
    }
}

/// Ends as a tool does whose reader has gone: of SIGPIPE (141 to a shell), or with 1 where it is ignored.
package func endAfterBrokenPipe() -> Never {
    raise(SIGPIPE)
    exit(1)
}
