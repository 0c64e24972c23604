import FrameDecoding
import Profiles

/// The stacks of threads as `--dump` shows them: `ID:`, or `ID*:` for who holds the GIL, then a line
/// per frame, leaf first; an empty line between threads. Variables, where there are any, follow their frame as
/// indented lines `    name = value`.
package func dumpText(samples: [ThreadSample], formatter: FrameFormatter) -> String {
    samples.map { sample in
        var text = "\(sample.thread.threadID)\(sample.isHolder ? "*" : ""):\n"
        for (index, frame) in sample.frames.enumerated() {
            text += formatter.text(frame) + "\n"
            guard index < sample.variables.count else { continue }
            for variable in sample.variables[index] {
                text += "    \(sanitised(variable.name)) = \(sanitised(variable.value, isSentence: true))\n"
            }
        }
        return text
    }.joined(separator: "\n")
}
