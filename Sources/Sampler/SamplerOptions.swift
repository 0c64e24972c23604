import FrameDecoding

extension Sampler {
    public struct Options: Sendable {
        public var mode: SamplingMode
        /// Whether samples are to have the names of their threads.
        public var names: Bool
        /// Whether samples are to tell which threads used a processor.
        public var activity: Bool
        /// Whether samples are to have the variables of their frames.
        public var variables: Bool
        public init(
            mode: SamplingMode, names: Bool = false, activity: Bool = false, variables: Bool = false
        ) {
            self.variables = variables
            self.mode = mode
            self.names = names
            self.activity = activity
        }

        var allThreads: Bool { mode != .gil }
    }
}
