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
    /// Bytes of all names.
    private var textSize = 0

    private let mostFrames: Int
    private let mostText: Int
    /// Stands for all frames beyond these bounds.
    public static let surplus = Frame.omitted("(more frames than pyflame keeps)")

    /// No program has as many lines that run, or as many bytes of names, as the bounds allow; but one that
    /// invents new ones all the time must not take all memory.
    public init(mostFrames: Int = 1 << 20, mostText: Int = 64 << 20) {
        self.mostFrames = mostFrames
        self.mostText = mostText
    }

    public var count: Int { frames.count }

    public func intern(_ frame: Frame) -> FrameID {
        if let id = known[frame] { return id }
        textSize += frame.file.utf8.count + frame.name.utf8.count
        if (frames.count >= mostFrames || textSize > mostText), frame != Self.surplus {
            return intern(Self.surplus)
        }
        let id = FrameID(index: UInt32(frames.count))
        frames.append(frame)
        known[frame] = id
        return id
    }

    public subscript(id: FrameID) -> Frame { frames[Int(id.index)] }
}
