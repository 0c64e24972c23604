/// A frame as people read it: what it stands for, where its code is and which line it is at.
public struct Frame: Hashable, Sendable {
    public var kind: FrameKind
    /// The file that the code names as its own; of native code its library. Empty when there is none.
    public var file: String
    public var name: String
    /// 1 or more; 0 when the code has no line there (the interpreter says None), or is no Python.
    public var line: Int
    /// Where the function's code begins (`co_firstlineno`: its `def`, or the first decorator); 0 when
    /// that is not known. Tells functions of one name in one file apart.
    public var firstLine: Int

    public init(kind: FrameKind = .python, file: String, name: String, line: Int, firstLine: Int = 0) {
        self.kind = kind
        self.file = file
        self.name = name
        self.line = line
        self.firstLine = firstLine
    }

    /// The function that the frame is a call of: the same without the line that it is at.
    public var function: Frame {
        Frame(kind: kind, file: file, name: name, line: 0, firstLine: firstLine)
    }
}

/// What a frame stands for. Whoever treats frames differently asks for this, and never for an empty file, the
/// number of a line or a certain name.
public enum FrameKind: String, CaseIterable, Sendable {
    /// A call of Python code.
    case python
    /// A call of compiled code: of the interpreter, an extension or a library.
    case native
    /// No call at all: it names what the frames above it belong to, such as a process or a thread.
    case label
    /// Stands for samples in which no thread held the GIL.
    case idle
    /// Stands for samples in which no consistent stack could be read.
    case failed
    /// Stands for frames that are not shown, being too many.
    case omitted

    /// Whether frames of this kind are calls of somebody's code.
    public var isCode: Bool { self == .python || self == .native }
}

extension Frame {
    /// The only frame of a sample in which no thread held the GIL.
    public static let idle = Frame(kind: .idle, file: "", name: "(idle)", line: 0)
    /// The only frame of a sample that could not be read.
    public static let failed = Frame(kind: .failed, file: "", name: "(failed)", line: 0)

    /// A frame that names what the frames above it belong to.
    public static func label(_ text: String) -> Frame {
        Frame(kind: .label, file: "", name: text, line: 0)
    }

    /// A frame that stands for others which are not shown.
    public static func omitted(_ text: String) -> Frame {
        Frame(kind: .omitted, file: "", name: text, line: 0)
    }
}
