import FrameDecoding
import Profiles

/// A flame graph that browsers show, see `FlameGraphSVG`.
package final class SVGSink: SampleSink {
    private let profile: CallProfile
    private let excludeIdle: Bool
    private let options: FlameGraphSVG.Options
    private var processes: [ProfiledProcess] = []
    private var idle = 0
    private var failed = 0

    package init(
        frames: FrameTable, excludeIdle: Bool = false,
        options: FlameGraphSVG.Options = FlameGraphSVG.Options()
    ) {
        profile = CallProfile(frames: frames)
        self.excludeIdle = excludeIdle
        self.options = options
    }

    package func begin(_ process: ProfiledProcess) { processes.append(process) }

    /// Counts as folded stacks do: each thread's stack is 1.
    package func record(_ sample: Sample) {
        switch sample.outcome {
        case .idle: idle += sample.count
        case .failed: failed += sample.count
        case .stacks(let threads):
            let stacks = threads.filter { !$0.frames.isEmpty }
            for thread in stacks { profile.add(thread.frames, count: sample.count) }
            if stacks.isEmpty { idle += sample.count }
        }
    }

    package func finish(_ run: RunSummary, into output: ProfileOutput) throws {
        if !excludeIdle { profile.add(.idle, count: idle) }
        profile.add(.failed, count: failed)
        let caption = PictureCaption(processes, run)
        try FlameGraphSVG(profile, caption: caption, options: options).write(into: output)
    }
}
