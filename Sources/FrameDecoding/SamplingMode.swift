/// Which threads a sample shows (`--mode`).
public enum SamplingMode: String, CaseIterable, Sendable {
    /// The thread that holds the GIL; a sample in which none does is idle.
    case gil
    /// All threads, whatever they were doing.
    case wall
    /// The threads that are on a processor or ready to run, with the GIL or without it.
    case cpu
}
