import TargetMemory

/// `PyFrameObject` up to CPython 3.10 (Include/frameobject.h, Include/cpython/frameobject.h): frames are
/// objects on the heap, linked by `f_back`. Offsets in bytes.
public struct FrameObjectLayout: Equatable, Sendable {
    public var back: Int
    public var code: Int
    public var lastInstruction: Int
    public var line: Int
    public var trace: Int

    public init(back: Int, code: Int, lastInstruction: Int, line: Int, trace: Int) {
        self.back = back
        self.code = code
        self.lastInstruction = lastInstruction
        self.line = line
        self.trace = trace
    }

    /// Bytes of a frame that have to be read: not one of the local variables behind them.
    var span: Int { max(max(back, code, trace) + 8, max(lastInstruction, line) + 4) }

    /// The members in CPython's sources.
    public static let fields: [LayoutField<FrameObjectLayout>] = [
        LayoutField(\.back, "_frame", "f_back"),
        LayoutField(\.code, "_frame", "f_code"),
        LayoutField(\.lastInstruction, "_frame", "f_lasti"),
        LayoutField(\.line, "_frame", "f_lineno"),
        LayoutField(\.trace, "_frame", "f_trace"),
    ]
}

/// Walks frame objects from the leaf to the root.
public struct FrameObjectWalk {
    /// When `f_lineno` is the line, rather than what the line table says of `f_lasti`.
    public enum LineRule: Sendable {
        /// Up to 3.9: while the frame has a trace function (PyFrame_GetLineNumber).
        case whileTraced
        /// 3.10: when it is not 0; and `f_lasti` counts code units of two bytes.
        case whenSet
    }

    let layout: FrameObjectLayout
    let rule: LineRule
    let codes: CodeCache

    public init(layout: FrameObjectLayout, rule: LineRule, codes: CodeCache) {
        self.layout = layout
        self.rule = rule
        self.codes = codes
    }

    /// Appends the frames from `leaf` (address of a PyFrameObject, or 0) on; `note` is told where each is.
    public func append(from leaf: Address, in memory: Memory, to stack: inout [FrameID],
        note: ((FramePlace) -> Void)? = nil
    ) throws(DecodeError) {
        var chain = ChainGuard(limit: ChainGuard.deepestStack)
        var address = leaf
        while address != 0, try chain.step(address) {
            guard memory.budget.takeStep() else { throw .tooMuch(at: address) }
            let frame = try memory.view(address, layout.span)
            let entry = try codes.entry(frame.word(layout.code), in: memory)
            let line = frame.int32(layout.line)
            let last = Int(frame.int32(layout.lastInstruction))
            let id =
                switch rule {
                case .whileTraced where frame.word(layout.trace) != 0:
                    codes.frame(entry, line: Int(line))
                case .whileTraced: codes.frame(entry, offset: last)
                case .whenSet where line != 0: codes.frame(entry, line: Int(line))
                case .whenSet: codes.frame(entry, offset: last * 2)
                }
            stack.append(id)
            note?(FramePlace(frame: address, code: frame.word(layout.code)))
            address = frame.word(layout.back)
        }
    }
}
