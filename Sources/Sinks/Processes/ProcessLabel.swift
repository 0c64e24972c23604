import FrameDecoding

extension ProfiledProcess {
    /// What tells it apart in a profile of several: `process 12 (python3)`.
    public var label: String { "process \(pid) (\(command))" }
}
