import TargetMemory

/// `PyASCIIObject`, `PyCompactUnicodeObject` and `PyUnicodeObject` (PEP 393; Include/cpython/unicodeobject.h):
/// one, two or four bytes a character, right behind the head (compact) or elsewhere.
public struct PEP393Layout: Sendable {
    /// Offset of `length` in PyASCIIObject.
    public var length: Int
    /// Offset of the `state` bit field in PyASCIIObject.
    public var state: Int
    /// Where the characters of a compact ASCII string begin: the size of PyASCIIObject.
    public var asciiSize: Int
    /// Where the characters of any other compact string begin: the size of PyCompactUnicodeObject.
    public var compactSize: Int
    /// First bits of `kind`, `compact` and `ascii` in `state`.
    public var kindBit: Int
    public var compactBit: Int
    public var asciiBit: Int

    public init(
        length: Int = 16, state: Int = 32, asciiSize: Int, compactSize: Int, kindBit: Int = 2,
        compactBit: Int = 5, asciiBit: Int = 6
    ) {
        self.length = length
        self.state = state
        self.asciiSize = asciiSize
        self.compactSize = compactSize
        self.kindBit = kindBit
        self.compactBit = compactBit
        self.asciiBit = asciiBit
    }

    func read(_ address: Address, in memory: Memory) throws(DecodeError) -> ReadText {
        let headSize = max(state + 4, length + 8)
        let head = try memory.view(address, headSize)
        let count = head.word(length)
        let bits = UInt32(bitPattern: head.int32(state))
        let width = Int(bits >> UInt32(kindBit) & 7)
        guard count < 1 << 32, width == 1 || width == 2 || width == 4 else {
            throw .implausible("length or kind of a string", at: address)
        }
        let kept = min(Int(count), TextReader.longest)
        let suffix = kept < Int(count) ? "…" : ""
        var sources = [AddressRange(start: address &+ Address(length), count: headSize - length)]
        guard kept > 0 else { return ReadText(text: "", sources: sources) }

        guard memory.budget.takeText(kept * width) else { throw .tooMuch(at: address) }
        let data: Address
        if bits >> UInt32(compactBit) & 1 == 1 {
            let ascii = bits >> UInt32(asciiBit) & 1 == 1
            data = address &+ Address(ascii ? asciiSize : compactSize)
        } else {
            // PyUnicodeObject: the pointer to the characters stands where a compact one has them.
            data = try memory.word(address &+ Address(compactSize))
            sources.append(AddressRange(start: address &+ Address(compactSize), count: 8))
        }
        let characters = try memory.view(data, kept * width).bytes(0, count: kept * width)
        sources.append(AddressRange(start: data, count: kept * width))
        return ReadText(text: decode(characters, width: width) + suffix, sources: sources)
    }

    /// Lone surrogates (undecodable bytes of file names, PEP 383) come out as `\udcNN`.
    private func decode(_ characters: UnsafeRawBufferPointer, width: Int) -> String {
        var text = String.UnicodeScalarView()
        for offset in stride(from: 0, to: characters.count, by: width) {
            let value: UInt32 =
                switch width {
                case 1: UInt32(characters[offset])
                case 2:
                    UInt32(characters.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
                default: characters.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
                }
            if let scalar = Unicode.Scalar(value) {
                text.append(scalar)
            } else {
                let digits = value <= 0xffff ? "\\u" + hexadecimal(value, digits: 4)
                    : "\\U" + hexadecimal(value, digits: 8)
                text.append(contentsOf: digits.unicodeScalars)
            }
        }
        return String(text)
    }
}
