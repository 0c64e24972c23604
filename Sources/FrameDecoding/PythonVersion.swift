/// A version of CPython, as in `3.9.2`; ordered by major, minor, micro.
public struct PythonVersion: Hashable, Comparable, Sendable, CustomStringConvertible {
    public var major: Int
    public var minor: Int
    public var micro: Int

    public init(_ major: Int, _ minor: Int, _ micro: Int = 0) {
        self.major = major
        self.minor = minor
        self.micro = micro
    }

    /// From `PY_VERSION_HEX` (Include/patchlevel.h): 0x030d00f0 is 3.13.0 final.
    /// Nil for what cannot be a version of Python 2 or 3.
    public init?(hex: UInt64) {
        guard hex <= 0xffff_ffff, (2...3).contains(hex >> 24) else { return nil }
        self.init(Int(hex >> 24), Int(hex >> 16 & 0xff), Int(hex >> 8 & 0xff))
    }

    /// From the beginning of a version string: `3.9.2`, `2.7.18+`, `3.13.0rc1 (main, ...`.
    public init?(prefixOf text: some StringProtocol) {
        var numbers: [Int] = []
        var rest = Substring(text)
        while numbers.count < 3 {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            guard let number = Int(digits), digits.count <= 3 else { break }
            numbers.append(number)
            rest = rest.dropFirst(digits.count)
            guard rest.first == "." else { break }
            rest = rest.dropFirst()
        }
        guard numbers.count >= 2, (2...3).contains(numbers[0]) else { return nil }
        self.init(numbers[0], numbers[1], numbers.count > 2 ? numbers[2] : 0)
    }

    public var abi: ABI { ABI(major: major, minor: minor) }

    public var description: String { "\(major).\(minor).\(micro)" }

    public static func < (left: Self, right: Self) -> Bool {
        (left.major, left.minor, left.micro) < (right.major, right.minor, right.micro)
    }
}

/// What `--abi` names: a major and minor version, written without the dot (27, 36, 311).
public struct ABI: Hashable, Comparable, Sendable, CustomStringConvertible {
    public var major: Int
    public var minor: Int

    public init(major: Int, minor: Int) {
        self.major = major
        self.minor = minor
    }

    /// From `36`, `311` or `3.11`; nil for anything else.
    public init?(_ text: String) {
        let digits = text.utf8.filter { $0 != UInt8(ascii: ".") }
        let dotted = text.utf8.count - digits.count
        guard (2...3).contains(digits.count), digits.allSatisfy({ (48...57).contains($0) }),
            dotted == 0 || (dotted == 1 && Array(text.utf8)[1] == UInt8(ascii: "."))
        else { return nil }
        major = Int(digits[0]) - 48
        minor = digits.dropFirst().reduce(0) { $0 * 10 + Int($1) - 48 }
    }

    public var description: String { "\(major)\(minor)" }

    /// As people write it: `3.6`.
    public var dotted: String { "\(major).\(minor)" }

    public static func < (left: Self, right: Self) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }
}
