/// A frame as people read it: where its code is and which line it is at.
public struct Frame: Hashable, Sendable {
    public var file: String
    public var name: String
    /// 1 or more; 0 when the code has no line there (the interpreter says None).
    public var line: Int
    /// Where the function's code begins (`co_firstlineno`: its `def`, or the first decorator); 0 when
    /// that is not known. Tells functions of one name in one file apart.
    public var firstLine: Int

    public init(file: String, name: String, line: Int, firstLine: Int = 0) {
        self.file = file
        self.name = name
        self.line = line
        self.firstLine = firstLine
    }
}

/// Stands for a distinct frame in a `FrameTable`.
public struct FrameID: Hashable, Sendable {
    public let index: UInt32

    public init(index: UInt32) { self.index = index }
}

/// All distinct frames of a run, each kept once: samples then are lists of small numbers, and memory
/// grows with what is new in the program, not with the number of samples.
public final class FrameTable {
    private var frames: [Frame] = []
    private var known: [Frame: FrameID] = [:]

    public init() {}

    public var count: Int { frames.count }

    public func intern(_ frame: Frame) -> FrameID {
        if let id = known[frame] { return id }
        let id = FrameID(index: UInt32(frames.count))
        frames.append(frame)
        known[frame] = id
        return id
    }

    public subscript(id: FrameID) -> Frame { frames[Int(id.index)] }
}
