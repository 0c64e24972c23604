import Glibc
import Sampler

/// A process that pyflame must not attach to.
package struct UnfitTarget: Error {
    package let explanation: String

    fileprivate static let ownKind = UnfitTarget(explanation: "You tried to pyflame a pyflame, naughty!")
}

/// Refuses to run a pyflame under pyflame: one of them would trace what the other one traces.
package func refuseOwnKind(command: String) throws {
    if command.split(separator: "/").last == "pyflame" { throw UnfitTarget.ownKind }
}

/// Refuses processes that cannot or must not be attached to, with the reason.
package func refuseUnfitTarget(_ pid: pid_t) throws {
    if let foreseen = AttachFailure.foreseen(pid: pid) { throw foreseen }
    var own = stat()
    var target = stat()
    if stat("/proc/self/exe", &own) == 0, stat("/proc/\(pid)/exe", &target) == 0,
        own.st_dev == target.st_dev, own.st_ino == target.st_ino
    {
        throw UnfitTarget.ownKind
    }
}
