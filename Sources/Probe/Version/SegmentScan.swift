import TargetMemory

extension MappedImage {
    /// Reads the image's mappings piece by piece, past the working set of `Memory`, until `body`
    /// says that it is enough (false) or `limit` bytes were read.
    func scan(
        limit: Int, where isWanted: (Mapping) -> Bool,
        _ body: (_ start: Address, _ bytes: [UInt8]) -> Bool
    ) {
        let piece: UInt64 = 256 << 10
        // So that what straddles two pieces is seen whole in one.
        let overlap: UInt64 = 512
        var read = 0
        let memory = ProcessBytes(source: source, bias: 0)
        for mapping in mappings where mapping.readable && isWanted(mapping) {
            var at = max(mapping.start, range.lowerBound)
            let end = min(mapping.end, range.upperBound)
            while at < end, read < limit {
                let bytes = memory.upTo(Int(min(piece, end - at)), at: at)
                guard !bytes.isEmpty else { break }
                read += bytes.count
                guard body(at, bytes) else { return }
                guard at + UInt64(bytes.count) < end, bytes.count > Int(overlap) else { break }
                at += UInt64(bytes.count) - overlap
            }
        }
    }

    /// `_PyRuntime` by the cookie that it begins with (3.13 and later), as an address of the file:
    /// for images without symbols or section headers.
    func findRuntimeCookie() -> UInt64? {
        let cookie = Array("xdebugpy".utf8)
        var found: UInt64?
        scan(limit: 16 << 20, where: { $0.writable }) { start, bytes in
            for offset in stride(from: 0, through: bytes.count - 16, by: 8)
            where bytes[offset] == cookie[0] && bytes[offset...].starts(with: cookie) {
                found = start &+ UInt64(offset) &- loadBias
                return false
            }
            return true
        }
        return found
    }
}
