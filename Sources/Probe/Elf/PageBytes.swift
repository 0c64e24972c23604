/// Reads whole pages and keeps them: the tables of a small library lie on a few pages, and a copied
/// page costs little more than a copied word. For what does not change while the probe looks at it.
final class PageBytes: ByteReader {
    private let process: ProcessBytes
    private var pages: [UInt64: [UInt8]] = [:]

    private static let pageSize: UInt64 = 4096
    private static let mostPages = 16

    init(_ process: ProcessBytes) { self.process = process }

    func bytes(at position: UInt64, count: Int) -> [UInt8]? {
        let start = position & ~(Self.pageSize - 1)
        let offset = Int(position - start)
        guard count > 0, count <= Int(Self.pageSize) - offset else {
            return process.bytes(at: position, count: count)
        }
        if let page = pages[start] { return Array(page[offset..<offset + count]) }
        let page = process.upTo(Int(Self.pageSize), at: start)
        guard page.count == Int(Self.pageSize) else {
            return process.bytes(at: position, count: count)
        }
        if pages.count >= Self.mostPages { pages.removeAll() }
        pages[start] = page
        return Array(page[offset..<offset + count])
    }
}
