import FrameDecoding
import Output

extension SamplingMode {
    /// Whose stacks a sample has.
    var threads: String {
        switch self {
        case .gil: "the thread that holds the GIL"
        case .wall: "all threads"
        case .cpu: "the threads on a processor"
        }
    }
}

/// What stands above a picture.
package struct PictureCaption: Sendable {
    /// What was sampled.
    package var title: String
    /// How, and what came of it.
    package var details: String

    package init(title: String, details: String) {
        self.title = title
        self.details = details
    }

    /// Of a run: `python3 (PID 123), Python 3.11.2`, `500 samples in 5.0 s at 100 Hz; ...`.
    init(_ processes: [ProfiledProcess], _ run: RunSummary) {
        let first = processes.first.map { 
            // A profile that is read again does not know its version.
            "\($0.command) (PID \($0.pid))" + ($0.version.major > 0 ? ", Python \($0.version)" : "")
        }
        title = first ?? "Python profile"
        if processes.count > 1 { title += " and \(NumberText.counted(processes.count - 1, "other process"))" }
        details = "\(NumberText.counted(run.samples, "sample")) in \(NumberText.duration(run.duration))"
        if run.interval > 0 { details += " at \(NumberText.rate(run.interval))" }
        details += " of \(run.mode.threads)"
        let troubles = [(run.idle, "idle"), (run.failed, "failed"), (run.missed, "missed")]
            .filter { $0.0 > 0 }.map { "\(NumberText.count($0.0)) \($0.1)" }
        if !troubles.isEmpty { details += "; " + troubles.joined(separator: ", ") }
    }
}
