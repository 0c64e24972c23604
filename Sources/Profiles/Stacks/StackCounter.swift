import FrameDecoding

/// Counts the stacks of a run, for formats without times: each thread's stack counts 1, and a sample in
/// which no thread has any frames is idle.
package struct StackCounter {
    /// Of stacks only; see `profile(excludeIdle:)`.
    package let stacks: CallProfile
    package private(set) var idle = 0
    package private(set) var failed = 0

    package init(frames: FrameTable) { stacks = CallProfile(frames: frames) }

    package mutating func record(_ sample: Sample) {
        switch sample.outcome {
        case .idle: idle += sample.count
        case .failed: failed += sample.count
        case .stacks(let threads):
            var isIdle = true
            for thread in threads where !thread.frames.isEmpty {
                isIdle = false
                stacks.add(thread.frames, count: sample.count)
            }
            if isIdle { idle += sample.count }
        }
    }

    /// Everything, with idle and failed samples as frames of their own; called once, at the end.
    package func profile(excludeIdle: Bool) -> CallProfile {
        if !excludeIdle { stacks.add(.idle, count: idle) }
        stacks.add(.failed, count: failed)
        return stacks
    }
}
