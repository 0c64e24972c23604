/// Numbers as a page takes them: varints (7 bits a byte, low ones first) in base64 (RFC 4648).
/// Pages/shared/data.js unpacks them.
struct PackedText {
    private var bytes: [UInt8] = []

    mutating func append(_ number: Int) {
        var rest = UInt32(clamping: number)
        while rest > 0x7f {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    var base64: String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let present = min(bytes.count - start, 3)
            var group: UInt32 = 0
            for offset in 0..<3 {
                group = group << 8 | (offset < present ? UInt32(bytes[start + offset]) : 0)
            }
            for digit in 0..<4 {
                let value = group >> UInt32(18 - 6 * digit) & 0x3f
                text.append(digit <= present ? Self.alphabet[Int(value)] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
