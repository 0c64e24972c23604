import FrameDecoding
import TargetMemory

/// Finds out which CPython an image is, from the most telling sign to the weakest.
struct VersionFinder {
    let image: ElfImage
    let mapped: MappedImage

    typealias Finding = (number: PythonVersion, origin: String)

    func find() -> Finding? {
        if let hex = debugOffsetsVersion, let version = PythonVersion(hex: hex) {
            return (version, "_Py_DebugOffsets")
        }
        // `const unsigned long Py_Version`, 3.11 and later.
        if let place = image.publicValue(of: "Py_Version"), let hex: UInt64 = mapped.memory.load(place),
            let version = PythonVersion(hex: hex)
        {
            return (version, "Py_Version")
        }
        if let version = usedByGetVersion { return (version, "version string of Py_GetVersion") }
        if let version = textInData { return (version, "version string in memory") }
        if let version = literalInConstants { return (version, "version string in the file") }
        return versionInPath.map { ($0, "file name") }
    }

    /// `_PyRuntime` begins with the cookie and `PY_VERSION_HEX` from 3.13 on.
    private var debugOffsetsVersion: UInt64? {
        guard let runtime = image.publicValue(of: "_PyRuntime"),
            let head = mapped.memory.bytes(at: runtime, count: 16),
            head.starts(with: "xdebugpy".utf8)
        else { return nil }
        return head.load(8)
    }

    /// Whether a version goes with the symbols that the image has.
    private func isPlausible(_ version: PythonVersion) -> Bool {
        let isNew = version >= PythonVersion(3, 7)
        if image.publicValue(of: "_PyRuntime") != nil { return isNew }
        if image.publicValue(of: "_PyThreadState_Current") != nil { return !isNew }
        return true
    }

    /// The code of `Py_GetVersion` names `PY_VERSION` itself (or the buffer with the text), so of
    /// all version strings in the image this is the right one. Instructions are not decoded: every
    /// four bytes that lead to a version string when taken for an operand will do.
    private var usedByGetVersion: PythonVersion? {
        guard let function = image.publicValue(of: "Py_GetVersion") else { return nil }
        let code = mapped.memory.upTo(192, at: function)
        let span = mapped.span
        for offset in 0..<max(code.count - 4, 0) {
            guard let operand: Int32 = code.load(offset) else { break }
            let next = function &+ UInt64(offset) &+ 4
            var places = [next &+ UInt64(bitPattern: Int64(operand))]
            if mapped.header.isFixed { places.append(UInt64(UInt32(bitPattern: operand))) }
            for place in places where span.contains(place) {
                if let version = VersionText.literal(mapped.memory.upTo(24, at: place)[...]),
                    isPlausible(version)
                {
                    return version
                }
            }
        }
        return nil
    }

    /// What `Py_GetVersion` left in its buffer; nothing if it was never called.
    private var textInData: PythonVersion? {
        var found: PythonVersion?
        mapped.scan(limit: 8 << 20, where: { $0.writable }) { _, bytes in
            found = VersionText.fullText(in: bytes)
            return found == nil
        }
        return found.flatMap { isPlausible($0) ? $0 : nil }
    }

    /// A string that could be `PY_VERSION` in the read-only segments. Versions of other libraries
    /// lie there too; the one of CPython is that which some `pythonX.Y` confirms.
    private var literalInConstants: PythonVersion? {
        var literals: [PythonVersion: Int] = [:]
        var names: Set<ABI> = []
        mapped.scan(limit: 32 << 20, where: { !$0.writable && $0.isFile }) { _, bytes in
            VersionText.literals(in: bytes, into: &literals)
            VersionText.names(in: bytes, into: &names)
            return true
        }
        let plausible = literals.keys.filter(isPlausible).sorted()
        let confirmed = plausible.filter { names.contains($0.abi) }
        if let only = confirmed.last, confirmed.allSatisfy({ $0.abi == only.abi }) { return only }
        return plausible.count == 1 ? plausible[0] : nil
    }

    /// `libpython3.9.so`, `python2.7`: the weakest sign, as anybody may call a file so.
    private var versionInPath: PythonVersion? {
        var names: Set<ABI> = []
        VersionText.names(in: Array(mapped.path.utf8) + [0], into: &names)
        let versions = names.map { PythonVersion($0.major, $0.minor) }.filter(isPlausible)
        return versions.count == 1 ? versions[0] : nil
    }
}
