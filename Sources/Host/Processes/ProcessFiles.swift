import FrameDecoding
import Glibc
import Output

/// `--per-process`: one profile for each process, in a file of its own.
final class ProcessFiles: SampleSink {
    private final class Profile {
        let name: String
        let sink: any SampleSink
        var samples = 0
        var failed = 0
        var idle = 0

        init(name: String, sink: any SampleSink) {
            self.name = name
            self.sink = sink
        }
    }

    private let names: ProcessFileNames
    /// Whether the files are for their owner alone.
    private let isPrivate: Bool
    private let makeSink: () -> any SampleSink
    private var present: [Int32: Profile] = [:]
    /// Of processes that have ended, in this order.
    private var complete: [Profile] = []

    /// `makeSink` makes the sink of one process.
    init(names: ProcessFileNames, isPrivate: Bool, makeSink: @escaping () -> any SampleSink) {
        self.names = names
        self.isPrivate = isPrivate
        self.makeSink = makeSink
    }

    func begin(_ process: ProfiledProcess) {
        if present[process.pid] == nil {
            present[process.pid] = Profile(name: names.next(process.pid), sink: makeSink())
        }
        present[process.pid]?.sink.begin(process)
    }

    func end(_ pid: Int32) {
        guard let profile = present.removeValue(forKey: pid), profile.samples > 0 else { return }
        profile.sink.end(pid)
        complete.append(profile)
    }

    func record(_ sample: Sample) {
        guard let profile = present[sample.pid] else { return }
        profile.samples += 1
        switch sample.outcome {
        case .failed: profile.failed += 1
        case .idle: profile.idle += 1
        case .stacks: break
        }
        profile.sink.record(sample)
    }

    /// Writes all files; nothing goes to `output`.
    func finish(_ run: RunSummary, into output: ProfileOutput) throws {
        let remaining = present.values.filter { $0.samples > 0 }.sorted { $0.name < $1.name }
        for profile in complete + remaining {
            var own = run
            own.samples = profile.samples
            own.failed = profile.failed
            own.idle = profile.idle
            let file = try OutputFile(path: profile.name, isPrivate: isPrivate)
            try profile.sink.finish(own, into: file.profile)
            try file.commit()
        }
    }
}
