import Glibc

/// Many processes take many descriptors: a few for each thread that is looked after.
package enum DescriptorLimit {
    /// As many as the system lets us have. A command that was started before keeps its own limit.
    package static func raise() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
