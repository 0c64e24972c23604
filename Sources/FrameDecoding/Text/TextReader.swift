import TargetMemory

/// How an interpreter stores names and file names.
public enum TextReader: Sendable {
    /// `str` of Python 2: bytes at this offset, their number in `ob_size`.
    case byteString(size: Int, data: Int)
    /// `str` of Python 3.3 and later.
    case pep393(PEP393Layout)

    /// Longer texts are cut off here (characters): a name's length comes from the target.
    public static let longest = 4096

    /// The text at `address`, and the memory that it was read from (which a cache has to compare).
    func read(_ address: Address, in memory: Memory) throws(DecodeError) -> ReadText {
        switch self {
        case .byteString(let size, let data):
            let count = try memory.word(address &+ Address(size))
            guard count < 1 << 30 else { throw .implausible("length of a string", at: address) }
            let kept = min(Int(count), Self.longest)
            guard memory.budget.takeText(kept) else { throw .tooMuch(at: address) }
            let view = try memory.view(address, data + kept)
            return ReadText(
                text: decodeUTF8(view.bytes(data, count: kept)) + (kept < Int(count) ? "…" : ""),
                sources: [AddressRange(start: address &+ Address(size), count: data + kept - size)])
        case .pep393(let layout):
            return try layout.read(address, in: memory)
        }
    }
}

/// A text, and the ranges of memory that it depends on.
struct ReadText {
    var text: String
    var sources: [AddressRange]
}

/// UTF-8 as it is; bytes that are none as `\xNN`, the way Python's backslashreplace writes them.
func decodeUTF8(_ bytes: UnsafeRawBufferPointer) -> String {
    if let text = String(validating: bytes, as: UTF8.self) { return text }
    var text = ""
    var rest = bytes[...]
    while let first = rest.first {
        let width = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
        if let character = String(validating: rest.prefix(width), as: UTF8.self) {
            text += character
            rest = rest.dropFirst(width)
        } else {
            text += "\\x" + hexadecimal(UInt32(first), digits: 2)
            rest = rest.dropFirst()
        }
    }
    return text
}

/// Lower-case hexadecimal digits, padded with zeros.
public func hexadecimal(_ value: UInt32, digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
}
