import FrameDecoding
import Output

/// Two profiles in one, to be compared: the samples of each are recorded by a side of its own.
package struct Comparison {
    package let profile: CallProfile
    private let before: Side
    private let after: Side

    /// With `excludeIdle` idle samples are no part of either.
    package init(frames: FrameTable, excludeIdle: Bool = false) {
        profile = CallProfile(frames: frames, isComparison: true)
        before = Side(profile, isBefore: true, excludeIdle: excludeIdle)
        after = Side(profile, isBefore: false, excludeIdle: excludeIdle)
    }

    package var sides: (before: any SampleSink, after: any SampleSink) { (before, after) }

    /// Of each profile, idle ones only where they are a part of it.
    package var samples: (before: Int, after: Int) { (before.samples, after.samples) }

    private final class Side: SampleSink {
        private let profile: CallProfile
        private let isBefore: Bool
        private let excludeIdle: Bool
        private(set) var samples = 0
        /// By frame: the same without the first line of its function.
        private var places: [FrameID: FrameID] = [:]

        init(_ profile: CallProfile, isBefore: Bool, excludeIdle: Bool) {
            self.profile = profile
            self.isBefore = isBefore
            self.excludeIdle = excludeIdle
        }

        func record(_ sample: Sample) {
            switch sample.outcome {
            case .idle: if !excludeIdle { add([profile.frames.intern(.idle)], sample.count) }
            case .failed: add([profile.frames.intern(.failed)], sample.count)
            case .stacks(let threads): for thread in threads { add(thread.frames, sample.count) }
            }
        }

        private func add(_ stack: [FrameID], _ count: Int) {
            guard !stack.isEmpty else { return }
            profile.add(stack.map(place), count: isBefore ? 0 : count, before: isBefore ? count : 0)
            samples += count
        }

        /// Lines move between versions of a program: functions of one name in one file are one here.
        private func place(_ id: FrameID) -> FrameID {
            if let known = places[id] { return known }
            var frame = profile.frames[id]
            frame.firstLine = 0
            let place = profile.frames.intern(frame)
            places[id] = place
            return place
        }

        func finish(_ run: RunSummary, into output: ProfileOutput) throws {}
    }
}
