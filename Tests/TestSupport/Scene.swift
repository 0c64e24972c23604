import FrameDecoding

/// Samples written as people think of them: stacks root first.
package final class Scene {
    package let frames = FrameTable()
    private var threads: [UInt64: ThreadState] = [:]

    package init() {}

    /// `file:name:line`
    package func frame(_ text: String) -> FrameID {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        return frames.intern(
            Frame(file: parts[0], name: parts[1], line: parts.count > 2 ? Int(parts[2]) ?? 0 : 0))
    }

    /// `a.py:main:1;a.py:work:2`, root first.
    package func thread(_ id: UInt64, _ stack: String, holder: Bool = false, native: UInt64? = nil) -> ThreadSample {
        let state =
            threads[id]
            ?? ThreadState(address: 0x1000 + id, interpreter: 1, threadID: id, nativeThreadID: native)
        threads[id] = state
        let frames = stack.split(separator: ";").map { frame(String($0)) }
        return ThreadSample(thread: state, isHolder: holder, frames: frames.reversed())
    }

    /// One thread that holds the GIL.
    package func sample(_ stack: String, at time: UInt64 = 0) -> Sample {
        Sample(time: time, pid: 1, outcome: .stacks([thread(1, stack, holder: true)]))
    }
}

extension SampleSink {
    /// All that it writes.
    package func text() throws -> String {
        String(decoding: try bytes(), as: UTF8.self)
    }

    /// The same for formats that are not text.
    package func bytes(_ run: RunSummary = RunSummary()) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try finish(run, into: ProfileOutput { bytes += $0 })
        return bytes
    }
}
