import FrameDecoding
import Glibc
import Output

/// What a report tells of a run: what was sampled, how, when, and what came of it.
func runFacts(_ processes: [ProfiledProcess], _ run: RunSummary, stacks: Int) -> [(term: String, text: String)] {
    var facts: [(String, String)] = processes.prefix(50).map {
        ("Process", "\($0.command), PID \($0.pid), Python \($0.version)")
    }
    if processes.count > 50 { facts.append(("Processes", NumberText.count(processes.count))) }
    facts.append(("Sampled", run.mode.threads))
    if run.startedAt > 0 { facts.append(("Begun", utcText(run.startedAt))) }
    facts.append(("Duration", NumberText.duration(run.duration)))
    if run.interval > 0 { facts.append(("Rate asked for", NumberText.rate(run.interval))) }
    if run.samples > 0, run.duration > 0 {
        facts.append(("Rate reached", NumberText.rate(run.duration / UInt64(run.samples))))
    }
    facts.append(("Samples", NumberText.count(run.samples)))
    facts.append(("Missed", NumberText.count(run.missed)))
    facts.append(("Failed", NumberText.count(run.failed)))
    facts.append(("Idle", "\(NumberText.count(run.idle)), \(NumberText.share(run.idle, of: run.samples))"))
    facts.append(("Distinct stacks", NumberText.count(stacks)))
    return facts
}

/// Nanoseconds since the Unix epoch as `2026-11-25 16:04:05 UTC`.
private func utcText(_ nanoseconds: UInt64) -> String {
    var seconds = time_t(nanoseconds / 1_000_000_000)
    var parts = tm()
    guard gmtime_r(&seconds, &parts) != nil else { return "?" }
    var text = [CChar](repeating: 0, count: 64)
    let length = strftime(&text, text.count, "%Y-%m-%d %H:%M:%S UTC", &parts)
    return String(decoding: text[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
