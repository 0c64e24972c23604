import TargetMemory

/// Numbers of any size: sign and digits in base 2^15 or 2^30.
extension ObjectReader {
    struct Integer {
        var isNegative: Bool
        /// Least significant first.
        var digits: [UInt32]
        var digitBits: Int
        /// How many digits the object has; more than `digits` when it is too large to be shown.
        var count: Int

        /// The number, if it is not negative and fits.
        var small: UInt64? {
            guard !isNegative, count == digits.count, digits.count * digitBits <= 64 + digitBits else { return nil }
            var value: UInt64 = 0
            for digit in digits.reversed() {
                guard value >> (64 - UInt64(digitBits)) == 0 else { return nil }
                value = value << UInt64(digitBits) | UInt64(digit)
            }
            return value
        }

        /// In decimal; nil when it is too large.
        var decimal: String? {
            guard count == digits.count else { return nil }
            // Repeated division by 10^9, the most significant digit first.
            var rest = digits.reversed().map { UInt64($0) }
            var groups: [UInt64] = []
            while rest.contains(where: { $0 != 0 }) {
                var remainder: UInt64 = 0
                for index in rest.indices {
                    let value = remainder << UInt64(digitBits) | rest[index]
                    rest[index] = value / 1_000_000_000
                    remainder = value % 1_000_000_000
                }
                groups.append(remainder)
            }
            guard let first = groups.last else { return "0" }
            var text = isNegative ? "-\(first)" : "\(first)"
            for group in groups.dropLast().reversed() {
                let digits = String(group)
                text += String(repeating: "0", count: 9 - digits.count) + digits
            }
            return text
        }
    }

    /// More digits are not read: a number of about 600 decimal places.
    private static let mostDigits = 64

    func integer(_ object: Address, in memory: Memory) throws(DecodeError) -> Integer {
        let word = try memory.word(object &+ Address(layout.integerSize))
        let count: UInt64
        let isNegative: Bool
        let digitBits: Int
        switch layout.integers {
        case .signedSize(let bits):
            count = Int64(bitPattern: word).magnitude
            isNegative = Int64(bitPattern: word) < 0
            digitBits = bits
        case .tagged:
            // The sign's bits are 1 less the sign: 1 is zero.
            count = word & 3 == 1 ? 0 : word >> 3
            isNegative = word & 3 == 2
            digitBits = 30
        }
        guard count < 1 << 40 else { throw .implausible("size of an int", at: object) }
        guard count <= Self.mostDigits else {
            return Integer(isNegative: isNegative, digits: [], digitBits: digitBits, count: Int(count))
        }
        let width = digitBits == 15 ? 2 : 4
        var digits: [UInt32] = []
        if count > 0 {
            let view = try memory.view(object &+ Address(layout.integerDigits), Int(count) * width)
            let bytes = view.bytes(0, count: Int(count) * width)
            digits = (0..<Int(count)).map {
                let digit =
                    width == 2
                    ? UInt32(bytes.loadUnaligned(fromByteOffset: $0 * 2, as: UInt16.self))
                    : bytes.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self)
                return digit & (1 << UInt32(digitBits) - 1)
            }
        }
        return Integer(isNegative: isNegative, digits: digits, digitBits: digitBits, count: Int(count))
    }

    /// An int that is not negative and fits into a word; nil for any other object.
    func smallInteger(_ object: Address, in memory: Memory) throws(DecodeError) -> UInt64? {
        switch kind(try type(of: object, in: memory)) {
        case .integer:
            let value = try memory.word(object &+ Address(layout.content))
            return Int64(bitPattern: value) < 0 ? nil : value
        case .long: return try integer(object, in: memory).small
        default: return nil
        }
    }
}
