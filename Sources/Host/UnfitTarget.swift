import Glibc
import Sampler

/// Refuses processes that cannot or must not be attached to, with the reason.
func refuseUnfitTarget(_ pid: pid_t) throws(Failure) {
    if let foreseen = AttachFailure.foreseen(pid: pid) {
        throw Failure(explanation: foreseen.explanation)
    }
    var own = stat()
    var target = stat()
    if stat("/proc/self/exe", &own) == 0, stat("/proc/\(pid)/exe", &target) == 0,
        own.st_dev == target.st_dev, own.st_ino == target.st_ino
    {
        throw Failure(explanation: "You tried to pyflame a pyflame, naughty!")
    }
}
