import Attach
import Glibc
import Probe
import Sampler
import Output
import Profiles

/// An error that ends the run. `Program.run` catches all of them, in one place.
protocol RunError: Error {
    /// What to say on stderr: what was tried, what was found, what to do next.
    var explanation: String { get }
    /// The status to exit with.
    var exitStatus: Int32 { get }
}

extension RunError {
    var exitStatus: Int32 { EXIT_FAILURE }
}

/// An error of the program's own wiring.
struct Failure: RunError {
    let explanation: String
}

extension UsageError: RunError {
    var explanation: String { description }
}
extension DetectionFailure: RunError {}
extension UnfitTarget: RunError {}
extension NoThread: RunError {}
extension AttachFailure: RunError {}
extension SharedCore.Unavailable: RunError {}
extension ProfileReadError: RunError {}
extension OutputError: RunError {}
