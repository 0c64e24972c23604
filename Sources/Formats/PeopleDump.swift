import FrameDecoding
import Profiles

/// The stacks of a process laid out for reading, for `--dump` on a terminal: the process, then each thread with its name
/// and what it is doing, its frames aligned, and the line of source that each is at.
package struct PeopleDump {
    private let process: ProfiledProcess
    private let formatter: FrameFormatter
    private let frames: FrameTable
    private let sources: (any SourceFiles)?
    private let hasColours: Bool
    /// Lines of each file that was read.
    private final class Files {
        var lines: [String: [Substring]] = [:]
    }
    private let files = Files()

    /// Without `sources` no lines of source are shown.
    package init(
        process: ProfiledProcess, frames: FrameTable, lineNumbers: Bool, sources: (any SourceFiles)?,
        hasColours: Bool
    ) {
        self.process = process
        self.frames = frames
        self.sources = sources
        self.hasColours = hasColours
        formatter = FrameFormatter(frames: frames, lineNumbers: lineNumbers)
    }

    /// `kernelName` tells what the kernel calls a thread.
    package func text(_ threads: [ThreadSample], kernelName: (Int32) -> String?) -> String {
        var text = styled("1", "Process \(process.pid): \(clean(process.command))")
        text += ", Python \(process.version), \(threads.count) thread\(threads.count == 1 ? "" : "s")\n"
        for thread in threads {
            text += "\n" + head(of: thread, kernelName: kernelName) + "\n"
            if thread.frames.isEmpty { text += "    no Python code\n" }
            let names = thread.frames.map { clean(frames[$0].name) }
            let width = min(32, names.map(\.unicodeScalars.count).max() ?? 0)
            for (index, id) in thread.frames.enumerated() {
                let frame = frames[id]
                let blanks = String(repeating: " ", count: max(0, width - names[index].unicodeScalars.count))
                let line = formatter.lineNumbers ? ":\(frame.line)" : ""
                text += "    \(styled("1", names[index]))\(blanks)  \(styled("2", clean(frame.file) + line))\n"
                if let source = source(of: frame) { text += "        \(source)\n" }
                if index < thread.variables.count {
                    for variable in thread.variables[index] {
                        text += "            \(styled("36", clean(variable.name))) = \(clean(variable.value))\n"
                    }
                }
            }
        }
        return text
    }

    private func head(of thread: ThreadSample, kernelName: (Int32) -> String?) -> String {
        var text = "Thread \(thread.tid.map { "\($0)" } ?? "\(thread.thread.threadID)")"
        let kernel = thread.tid.flatMap(kernelName)
        if let name = thread.name {
            text += " \"\(clean(name))\""
            if let kernel, kernel != name, kernel != process.command { text += " (\(clean(kernel)) to the kernel)" }
        }
        text = styled("1", text) + ": "
        switch (thread.isHolder, thread.isRunning) {
        case (true, false): text += "holds the GIL, blocked in a system call"
        case (true, _): text += styled("32", "runs, holds the GIL")
        case (false, true): text += styled("33", "runs without the GIL")
        case (false, _): text += "waits"
        }
        return text
    }

    private func source(of frame: Frame) -> String? {
        guard let sources, frame.line > 0 else { return nil }
        if files.lines[frame.file] == nil {
            let text = sources.read(frame.file, of: process.pid).text ?? ""
            files.lines[frame.file] = text.split(separator: "\n", omittingEmptySubsequences: false)
        }
        guard let lines = files.lines[frame.file], frame.line <= lines.count else { return nil }
        let line = lines[frame.line - 1].drop { $0 == " " || $0 == "\t" }
        guard !line.isEmpty else { return nil }
        let kept = line.prefix(120)
        return clean(String(kept)) + (kept.count < line.count ? "..." : "")
    }

    private func clean(_ text: String) -> String { sanitised(text, isSentence: true) }

    private func styled(_ code: String, _ text: String) -> String {
        hasColours ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
    }
}
