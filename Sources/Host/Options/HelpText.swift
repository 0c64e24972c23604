import Formats
import FrameDecoding

let usageText = """
    Usage: pyflame [options] [-p|--pid] PID
           pyflame [options] [-t|--trace] command [args...]

    """

/// What `--help` prints, within 80 columns.
func helpText(supported: [ABI], formats: [OutputFormat] = OutputFormat.standard) -> String {
    var text = usageText
    text += "\nA sampling profiler for CPython that looks at a process from outside: nothing is\n"
    text += "loaded into it, and nothing in it is changed.\n"
    for group in OptionEntry.Group.allCases {
        text += "\n\(group.rawValue):\n"
        for entry in OptionTable.entries where entry.group == group {
            text += row(label(entry), entry.help)
        }
    }
    text += "\nFormats:\n"
    for format in formats {
        let endings = format.endings.map { "*" + $0 }.joined(separator: ", ")
        text += row("  " + format.name, "\(format.summary) (\(endings))")
    }
    text += "\nSupported Python ABIs (--abi):\n"
    text += wrapped(supported.sorted().map(\.description), indent: 2)
    text += "\nExamples:\n"
    text += "  pyflame -s 10 -p 1234 | flamegraph.pl > profile.svg\n"
    text += "  pyflame -o profile.folded -t python3 app.py\n"
    return text
}

private let column = 29
private let width = 80

private func label(_ entry: OptionEntry) -> String {
    let short = entry.short.map { "-\($0), " } ?? "    "
    let value =
        entry.name == .trace ? " command..." : entry.value.map { "=\($0)" } ?? ""
    return "  \(short)--\(entry.long)\(value)"
}

private func row(_ label: String, _ help: String) -> String {
    let lines = wrapped(help.split(separator: " ").map(String.init), indent: column)
    let gap = column - label.utf8.count
    return gap > 1 ? label + lines.dropFirst(label.utf8.count) : label + "\n" + lines
}

private func wrapped(_ words: [String], indent: Int) -> String {
    let margin = String(repeating: " ", count: indent)
    var lines: [String] = []
    var line = ""
    for word in words {
        if !line.isEmpty && indent + line.utf8.count + 1 + word.utf8.count >= width {
            lines.append(line)
            line = ""
        }
        line += line.isEmpty ? word : " " + word
    }
    if !line.isEmpty { lines.append(line) }
    return lines.map { margin + $0 + "\n" }.joined()
}
