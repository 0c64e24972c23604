import FrameDecoding

/// The stacks of threads as `--dump` shows them: `ID:`, or `ID*:` for who holds the GIL, then a line
/// per frame, leaf first; an empty line between threads.
public func dumpText(samples: [ThreadSample], formatter: FrameFormatter) -> String {
    samples.map { sample in
        var text = "\(sample.thread.threadID)\(sample.isHolder ? "*" : ""):\n"
        for frame in sample.frames { text += formatter.text(frame) + "\n" }
        return text
    }.joined(separator: "\n")
}
