import FrameDecoding

/// Whose code a file is, as far as its path tells: what pictures are coloured by.
package struct CodeOrigin: Hashable {
    package enum Kind: String {
        case own, library, standard
        /// Code that has no file: `<string>`, `exec` and the like.
        case generated
        /// Compiled code: of the interpreter, an extension or a library.
        case native
    }

    package var kind: Kind
    /// The package: `jinja2`, or the first module for the standard library (`json`); empty for own code.
    package var package: String
    /// The file as one speaks of it: `json/decoder.py`, and for own code its last part.
    package var shortPath: String

    /// Nil for what is no code: labels, idle and failed samples.
    package init?(_ frame: Frame) {
        switch frame.kind {
        case .python: self.init(path: frame.file)
        case .native:
            let library = frame.file.split(separator: "/").last.map(String.init) ?? ""
            self.init(kind: .native, package: library, shortPath: library)
        case .label, .idle, .failed, .omitted: return nil
        }
    }

    /// Of Python code.
    package init(path: String) {
        if path.hasPrefix("<") {
            // `<frozen importlib._bootstrap>` is the standard library compiled in.
            let isFrozen = path.hasPrefix("<frozen ")
            self.init(kind: isFrozen ? .standard : .generated, package: isFrozen ? "importlib" : "", shortPath: path)
            return
        }
        let parts = path.split(separator: "/").map(String.init)
        if let folder = parts.lastIndex(where: { $0 == "site-packages" || $0 == "dist-packages" }),
            folder + 1 < parts.count
        {
            var inside = parts[(folder + 1)...]
            // A package may lie in an egg of its own.
            if inside.count > 1, inside.first?.hasSuffix(".egg") == true { inside = inside.dropFirst() }
            self.init(kind: .library, package: Self.module(inside), shortPath: inside.joined(separator: "/"))
        } else if let folder = parts.indices.dropFirst().last(where: { Self.isStandard(parts, $0) }),
            folder + 1 < parts.count
        {
            var inside = parts[(folder + 1)...]
            if inside.first == "lib-dynload", inside.count > 1 { inside = inside.dropFirst() }
            self.init(kind: .standard, package: Self.module(inside), shortPath: inside.joined(separator: "/"))
        } else {
            // `__init__.py` says nothing without its folder.
            let isAnonymous = parts.last.map { $0.hasPrefix("__") } ?? false
            let short = parts.suffix(isAnonymous ? 2 : 1).joined(separator: "/")
            self.init(kind: .own, package: "", shortPath: short.isEmpty ? path : short)
        }
    }

    private init(kind: Kind, package: String, shortPath: String) {
        self.kind = kind
        self.package = package
        self.shortPath = shortPath
    }

    /// `lib/python3.11`, `lib64/python2.7`, or an archive `python311.zip`.
    private static func isStandard(_ parts: [String], _ index: Int) -> Bool {
        let name = parts[index]
        guard name.hasPrefix("python") else { return false }
        let version = name.dropFirst("python".count)
        if version.hasSuffix(".zip") { return version.dropLast(4).utf8.allSatisfy(isDigit) }
        // As well `python3.13t` and `python2.7_d`.
        let digits = version.prefix { $0 == "." || $0.isNumber }
        return ["lib", "lib64", "Lib"].contains(parts[index - 1]) && digits.contains(".")
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    /// The module that a path inside a folder of modules belongs to.
    private static func module(_ parts: ArraySlice<String>) -> String {
        let first = parts.first ?? ""
        guard parts.count == 1 else { return first }
        return String(first.prefix { $0 != "." })
    }
}
