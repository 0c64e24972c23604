import FrameDecoding

extension ProfiledProcess {
    /// What tells it apart in a profile of several: `process 12 (python3)`.
    package var label: String { "process \(pid) (\(command))" }
}
