import FrameDecoding

/// Two profiles in one, to be compared: the samples of each are recorded by a side of its own.
public struct Comparison {
    public let profile: CallProfile
    private let before: Side
    private let after: Side

    /// With `excludeIdle` idle samples are no part of either.
    public init(frames: FrameTable, excludeIdle: Bool = false) {
        profile = CallProfile(frames: frames, isComparison: true)
        before = Side(profile, isBefore: true, excludeIdle: excludeIdle)
        after = Side(profile, isBefore: false, excludeIdle: excludeIdle)
    }

    public var sides: (before: any SampleSink, after: any SampleSink) { (before, after) }

    /// Of each profile, idle ones only where they are a part of it.
    public var samples: (before: Int, after: Int) { (before.samples, after.samples) }

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
            case .idle: if !excludeIdle { add([profile.frames.intern(CallProfile.idle)], sample.count) }
            case .failed: add([profile.frames.intern(CallProfile.failed)], sample.count)
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

    /// Writes a flame graph of the second profile, each frame coloured by how its share differs from the first:
    /// red is more, blue is less.
    public func writePicture(
        before: String, after: String, options: FlameGraphSVG.Options, into output: ProfileOutput
    ) throws {
        let caption = PictureCaption(
            title: "\(after) compared with \(before)",
            details: "\(NumberText.counted(samples.after, "sample")), before \(NumberText.count(samples.before)); "
                + "red: a larger share than before, blue: a smaller one")
        try FlameGraphSVG(profile, caption: caption, options: options).write(into: output)
    }

    /// Writes folded stacks with two counts each, before and after, as flamegraph.pl takes them.
    public func writeFolded(lineNumbers: Bool, into output: ProfileOutput) throws {
        let formatter = FrameFormatter(frames: profile.frames, lineNumbers: lineNumbers)
        var piece = TextPiece()
        try writeFoldedStacks(
            profile.tree, [profile.before ?? [], profile.counts], formatter: formatter, &piece, output)
        try piece.flush(output)
    }
}
