import Glibc

/// What pyflame was told, by whoever started it, to do on a signal.
enum SignalDisposition {
    /// Whether the signal is ignored, as nohup and shells' background jobs have it.
    static func isIgnored(_ signal: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(signal, nil, &action) == 0 else { return false }
        let handler = unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
        return handler == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    /// Where SIGCHLD is ignored the kernel says nothing of stops, and a target's signals would
    /// wait for the next sample.
    static func hearChildren() { signal(SIGCHLD, SIG_DFL) }
}
