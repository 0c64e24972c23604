import FrameDecoding

/// CPython's version as it lies about in the interpreter's own strings.
enum VersionText {
    /// A version as `PY_VERSION` writes it (`2.7.18`, `3.9.2+`, `3.13.0rc1`) at the beginning of
    /// `bytes`, and what follows it. Only of a major and minor version that CPython may have.
    static func version(_ bytes: ArraySlice<UInt8>) -> (PythonVersion, rest: ArraySlice<UInt8>)? {
        var rest = bytes
        guard let major = number(&rest), point(&rest), let minor = number(&rest) else { return nil }
        var micro = 0
        var next = rest
        if point(&next), let value = number(&next) {
            micro = value
            rest = next
        }
        guard (major == 2 && (6...7).contains(minor)) || (major == 3 && minor <= 30) else {
            return nil
        }
        let suffix = rest.prefix { isLetter($0) }
        if ["a", "b", "c", "rc"].contains(String(decoding: suffix, as: UTF8.self)) {
            rest = rest.dropFirst(suffix.count)
            guard number(&rest) != nil else { return nil }
        }
        if rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        return (PythonVersion(major, minor, micro), rest)
    }

    /// The literal `PY_VERSION`, or what `Py_GetVersion` makes of it, at the beginning of `bytes`.
    static func literal(_ bytes: ArraySlice<UInt8>) -> PythonVersion? {
        guard let (version, rest) = version(bytes) else { return nil }
        return rest.first == 0 || rest.starts(with: " (".utf8) ? version : nil
    }

    /// Looks for what `Py_GetVersion` leaves in its buffer, such as
    /// `3.9.2 (default, Feb 28 2021, 17:03:44) \n[GCC 10.2.1 20210110]`.
    static func fullText(in bytes: [UInt8]) -> PythonVersion? {
        each(".", in: bytes) { dot in
            guard dot >= 1, dot == 1 || bytes[dot - 2] == 0,
                let (version, rest) = version(bytes[(dot - 1)...]), rest.starts(with: " (".utf8)
            else { return nil }
            // The buffer is 250 bytes long.
            let text = rest.prefix(250).prefix { $0 != 0 }
            return text.contains(UInt8(ascii: "[")) && text.contains(UInt8(ascii: "]"))
                ? version : nil
        }
    }

    /// All NUL-terminated strings that could be `PY_VERSION`, with their number of occurrences.
    static func literals(in bytes: [UInt8], into counts: inout [PythonVersion: Int]) {
        let _: Never? = each(".", in: bytes) { dot in
            if dot >= 2, bytes[dot - 2] == 0, let (version, rest) = version(bytes[(dot - 1)...]),
                rest.first == 0, counts.count < 64
            {
                // Three numbers: `3.4` alone may be anything.
                let length = rest.startIndex - dot + 1
                if length >= 5 { counts[version, default: 0] += 1 }
            }
            return nil
        }
    }

    /// The X.Y of all `pythonX.Y` in strings and paths.
    static func names(in bytes: [UInt8], into found: inout Set<ABI>) {
        let word = Array("python".utf8)
        let _: Never? = each("y", in: bytes) { at in
            let start = at - 1
            if start >= 0, bytes[start...].starts(with: word),
                let (version, _) = version(bytes[(start + word.count)...]), found.count < 64
            {
                found.insert(version.abi)
            }
            return nil
        }
    }

    /// What `body` first answers for a place where `character` stands.
    private static func each<Result>(
        _ character: Unicode.Scalar, in bytes: [UInt8], _ body: (Int) -> Result?
    ) -> Result? {
        let wanted = UInt8(ascii: character)
        for index in bytes.indices where bytes[index] == wanted {
            if let result = body(index) { return result }
        }
        return nil
    }

    private static func number(_ rest: inout ArraySlice<UInt8>) -> Int? {
        var value = 0
        var digits = 0
        while let byte = rest.first, (48...57).contains(byte) {
            value = value * 10 + Int(byte) - 48
            digits += 1
            guard digits <= 3 else { return nil }
            rest = rest.dropFirst()
        }
        return digits > 0 ? value : nil
    }

    private static func point(_ rest: inout ArraySlice<UInt8>) -> Bool {
        guard rest.first == UInt8(ascii: ".") else { return false }
        rest = rest.dropFirst()
        return true
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (97...122).contains(byte) }
}
