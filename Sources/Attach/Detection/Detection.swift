import FrameDecoding
import Glibc
import Probe
import System
import TargetMemory

/// The interpreter that was found, and how.
package struct Detection {
    package let pid: pid_t
    /// The process, as it was before anything was read of it.
    package let identity: ProcessIdentity
    package let site: LocatedInterpreter
    package let module: DecoderModule
    /// The module's layout that decodes it.
    package let layout: LayoutChoice
    package let decoder: any FrameDecoder

    /// The process as sinks know it.
    package var process: ProfiledProcess {
        let command = ProcFile.firstLine("/proc/\(pid)/comm")
        return ProfiledProcess(pid: pid, command: command ?? "", version: site.version)
    }
}

/// Why no interpreter can be read.
package struct DetectionFailure: Error {
    package let explanation: String
    /// The process is gone, or about to be.
    package var hasEnded = false
}
