import FrameDecoding
import Profiles

/// A flame graph that browsers show, see `FlameGraphSVG`.
package final class SVGSink: SampleSink {
    private var counter: StackCounter
    private let excludeIdle: Bool
    private let options: FlameGraphSVG.Options
    private var processes: [ProfiledProcess] = []

    package init(
        frames: FrameTable, excludeIdle: Bool = false,
        options: FlameGraphSVG.Options = FlameGraphSVG.Options()
    ) {
        counter = StackCounter(frames: frames)
        self.excludeIdle = excludeIdle
        self.options = options
    }

    package func begin(_ process: ProfiledProcess) { processes.append(process) }

    package func record(_ sample: Sample) { counter.record(sample) }

    package func finish(_ run: RunSummary, into output: ProfileOutput) throws {
        let profile = counter.profile(excludeIdle: excludeIdle)
        let caption = PictureCaption(processes, run)
        try FlameGraphSVG(profile, caption: caption, options: options).write(into: output)
    }
}
