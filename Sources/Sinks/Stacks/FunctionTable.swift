import FrameDecoding

/// Frames grouped by function (file and name), for formats that draw a call as one block for as
/// long as it lasts, whichever of its lines it is at.
struct FunctionTable {
    struct Function: Equatable {
        var file: String
        var name: String
        /// The lowest line that was seen: the nearest that is known to its `def`; 0 for none.
        var line: Int
    }

    private(set) var functions: [Function] = []
    /// By index of a frame.
    private var functionOfFrame: [UInt32?] = []
    private var known: [String: [String: UInt32]] = [:]
    private let frames: FrameTable

    init(frames: FrameTable) { self.frames = frames }

    /// Stands for a function where a `CallTree` wants a frame.
    mutating func function(of id: FrameID) -> FrameID {
        let index = Int(id.index)
        while functionOfFrame.count <= index { functionOfFrame.append(nil) }
        if let function = functionOfFrame[index] { return FrameID(index: function) }
        let frame = frames[id]
        let function: UInt32
        if let found = known[frame.file]?[frame.name] {
            function = found
            let line = functions[Int(found)].line
            if frame.line > 0 && (line == 0 || frame.line < line) {
                functions[Int(found)].line = frame.line
            }
        } else {
            function = UInt32(functions.count)
            functions.append(Function(file: frame.file, name: frame.name, line: frame.line))
            known[frame.file, default: [:]][frame.name] = function
        }
        functionOfFrame[index] = function
        return FrameID(index: function)
    }

    subscript(id: FrameID) -> Function { functions[Int(id.index)] }
}
