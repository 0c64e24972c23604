/// A key as the terminal sends it.
public enum Key: Equatable, Sendable {
    case character(Unicode.Scalar)
    case up, down, pageUp, pageDown, home, end
    case enter, escape, backspace, interrupt
}

/// Makes keys of the bytes that a terminal sends. Bytes that are no key that is known are dropped.
public struct KeyParser {
    private var pending: [UInt8] = []

    public init() {}

    /// Whether a sequence has begun that may yet go on: an escape alone is a key when nothing follows.
    public var isWaiting: Bool { !pending.isEmpty }

    public mutating func parse(_ bytes: some Sequence<UInt8>) -> [Key] {
        pending += bytes
        var keys: [Key] = []
        while !pending.isEmpty {
            guard let (key, length) = first() else { break }
            pending.removeFirst(length)
            if let key { keys.append(key) }
        }
        return keys
    }

    /// Nothing came after what is pending.
    public mutating func flush() -> [Key] {
        let isEscape = pending == [0x1b]
        pending = []
        return isEscape ? [.escape] : []
    }

    /// The first key, nil for one that means nothing, and its bytes; nil when more have to come.
    private func first() -> (Key?, Int)? {
        switch pending[0] {
        case 0x1b: return sequence()
        case 0x03: return (.interrupt, 1)
        case 0x0d, 0x0a: return (.enter, 1)
        case 0x7f, 0x08: return (.backspace, 1)
        case 0x02: return (.pageUp, 1)  // ^B
        case 0x06: return (.pageDown, 1)  // ^F
        case 0x0e: return (.down, 1)  // ^N
        case 0x10: return (.up, 1)  // ^P
        case ..<0x20: return (nil, 1)
        case ..<0x80: return (.character(Unicode.Scalar(pending[0])), 1)
        default: return character()
        }
    }

    private func character() -> (Key?, Int)? {
        let length: Int
        switch pending[0] {
        case 0xc2..<0xe0: length = 2
        case 0xe0..<0xf0: length = 3
        case 0xf0..<0xf5: length = 4
        default: return (nil, 1)
        }
        let followers = pending[1..<min(length, pending.count)]
        guard followers.allSatisfy({ $0 & 0xc0 == 0x80 }) else { return (nil, 1) }
        guard pending.count >= length else { return nil }
        let text = String(validating: pending[..<length], as: UTF8.self)
        guard let scalar = text?.unicodeScalars.first else { return (nil, 1) }
        return (.character(scalar), length)
    }

    /// `ESC [` parameters and a final byte, or `ESC O` and a byte (keypad mode).
    private func sequence() -> (Key?, Int)? {
        guard pending.count > 1 else { return nil }
        guard pending[1] == UInt8(ascii: "[") || pending[1] == UInt8(ascii: "O") else {
            // Alt and a key, or an escape that something else followed.
            return (.escape, 1)
        }
        guard let final = pending.dropFirst(2).firstIndex(where: { (0x40...0x7e).contains($0) }) else {
            return pending.count > 32 ? (nil, pending.count) : nil
        }
        let parameters = String(decoding: pending[2..<final], as: UTF8.self)
        let key: Key? =
            switch (Character(Unicode.Scalar(pending[final])), parameters) {
            case ("A", _): .up
            case ("B", _): .down
            case ("H", _), ("~", "1"), ("~", "7"): .home
            case ("F", _), ("~", "4"), ("~", "8"): .end
            case ("~", "5"): .pageUp
            case ("~", "6"): .pageDown
            default: nil
            }
        return (key, final + 1)
    }
}
