/// The bytes of an image's file, by the addresses at which they would be loaded.
struct FileAddresses: ByteReader {
    let file: OpenFile
    let header: ElfHeader

    func bytes(at position: UInt64, count: Int) -> [UInt8]? {
        for segment in header.loads
        where position >= segment.address && position - segment.address < segment.fileSize {
            let (offset, overflow) = segment.offset.addingReportingOverflow(
                position - segment.address)
            return overflow ? nil : file.bytes(at: offset, count: count)
        }
        return nil
    }
}
