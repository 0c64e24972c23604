import FrameDecoding
import Profiles

/// Which processes of a run each file's code was seen in.
struct FileProcesses {
    private struct Place: Hashable {
        var process: Int
        var number: UInt32
    }

    private var processes: [Int: Set<Int>] = [:]

    /// `files` gives the number of a frame's file.
    init(_ log: SampleLog, files: (FrameID) -> Int?) {
        // A stack that was seen in a process has all its frames there: no node has to be visited twice.
        var visited: Set<Place> = []
        log.forEach { moment in
            guard case .stacks(let entries) = moment.outcome else { return }
            for entry in entries {
                var node = entry.node
                while node != .root, visited.insert(Place(process: moment.process, number: node.index)).inserted {
                    if let file = files(log.tree.frame(of: node)) { processes[file, default: []].insert(moment.process) }
                    node = log.tree.parent(of: node)
                }
            }
        }
    }

    /// Ascending.
    func of(_ file: Int) -> [Int] { processes[file, default: []].sorted() }
}
