import Attach
import FrameDecoding
import Glibc
import Probe
import System
import TargetMemory

/// What `--probe` prints: what was found and why, for people whose detection fails.
struct ProbeText {
    let pid: pid_t
    /// The dump that it is read from.
    var core: CoreFile?
    let detector: Detector
    /// The symbols that decoders want to find.
    let symbols: Set<String>
    let outcome: Result<Detection, DetectionFailure>

    func text(_ source: any MemorySource) -> String {
        var lines = ["process:     \(pid)\(command)"]
        for file in detector.report?.files ?? [] {
            let bias = file.loadBias.map { " (load bias 0x\(String($0, radix: 16)), read from \(file.openedAs))" }
            lines.append("file:        \(file.path): \(file.verdict)\(bias ?? "")")
        }
        for site in detector.report?.candidates ?? [] {
            lines.append("candidate:   Python \(site.version) (\(site.versionOrigin)) in \(site.path)")
            for name in symbols.sorted() {
                guard let address = site.address(of: name) else { continue }
                lines.append("  symbol:    \(name) at 0x\(String(address, radix: 16))")
            }
        }
        lines += detector.rejected.map { "rejected:    \($0)" }
        lines += (core?.problems ?? []).map { "problem:     \($0)" }
        switch outcome {
        case .failure(let failure): lines.append("result:      \(failure.explanation)")
        case .success(let detection):
            lines.append("interpreter: Python \(detection.site.version) in \(detection.site.path)")
            lines.append("decoder:     \(detection.module.name)")
            lines.append("layout:      \(detection.decoder.layoutOrigin)")
            lines += state(detection.decoder, Memory(source: source))
        }
        return lines.map { sanitised($0, isSentence: true) + "\n" }.joined()
    }

    private var command: String {
        if let core { return " (\(core.command)), from \(core.path)" }
        return ProcFile.firstLine("/proc/\(pid)/comm").map { " (\($0))" } ?? ""
    }

    /// Interpreters and threads at this moment; the target runs, so a few readings may be torn.
    private func state(_ decoder: any FrameDecoder, _ memory: Memory) -> [String] {
        for _ in 0..<50 {
            memory.refresh()
            do throws(DecodeError) {
                let interpreters = try decoder.interpreters(in: memory)
                let threads = try decoder.threads(in: memory)
                let holders = try decoder.lockState(in: memory).holders.map(\.address)
                return ["interpreters: \(interpreters.count), threads: \(threads.count)"]
                    + threads.map { thread in
                        let native = thread.nativeThreadID.map { ", kernel thread \($0)" } ?? ""
                        let holder = holders.contains(thread.address) ? ", holds the GIL" : ""
                        return "  thread:    \(thread.threadID)\(native)\(holder)"
                    }
            } catch {
                usleep(200)
            }
        }
        return ["threads:     they change too fast to be listed"]
    }
}
