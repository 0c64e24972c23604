import FrameDecoding

/// Frames grouped by function (file, name and first line), for formats that draw a call as one block for
/// as long as it lasts, whichever of its lines it is at.
package struct FunctionTable {
    package struct Function: Equatable {
        package var kind: FrameKind
        package var file: String
        package var name: String
        /// Where its code begins; where that is not known, the lowest line that was seen; 0 for none.
        package var line: Int

        package init(kind: FrameKind = .python, file: String, name: String, line: Int) {
            self.kind = kind
            self.file = file
            self.name = name
            self.line = line
        }
    }

    package private(set) var functions: [Function] = []
    /// By index of a frame.
    private var functionOfFrame: [UInt32?] = []
    private var known: [Frame: UInt32] = [:]
    private let frames: FrameTable

    package init(frames: FrameTable) { self.frames = frames }

    /// Stands for a function where a `CallTree` wants a frame.
    package mutating func function(of id: FrameID) -> FrameID {
        let index = Int(id.index)
        while functionOfFrame.count <= index { functionOfFrame.append(nil) }
        if let function = functionOfFrame[index] { return FrameID(index: function) }
        let frame = frames[id]
        let key = frame.function
        let function: UInt32
        if let found = known[key] {
            function = found
            if frame.firstLine == 0 { lower(Int(found), to: frame.line) }
        } else {
            function = UInt32(functions.count)
            let line = frame.firstLine > 0 ? frame.firstLine : max(frame.line, 0)
            functions.append(Function(kind: frame.kind, file: frame.file, name: frame.name, line: line))
            known[key] = function
        }
        functionOfFrame[index] = function
        return FrameID(index: function)
    }

    /// The lowest line is the nearest that is known to the `def`.
    private mutating func lower(_ function: Int, to line: Int) {
        let lowest = functions[function].line
        if line > 0 && (lowest == 0 || line < lowest) { functions[function].line = line }
    }

    package subscript(id: FrameID) -> Function { functions[Int(id.index)] }
}
