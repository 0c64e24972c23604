import CZlib
import FrameDecoding

/// Compresses output as gzip (RFC 1952) on its way, with zlib.
package final class GzipOutput {
    private let output: ProfileOutput
    /// Never moves: zlib's state points back at it.
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private var buffer = [UInt8](repeating: 0, count: 1 << 16)

    /// zlib's number for "gzip, with the largest window": 15 for the window, 16 for the header.
    private static let gzipWindow: Int32 = 15 + 16
    private static let memoryLevel: Int32 = 8

    package init(_ output: ProfileOutput) throws {
        self.output = output
        stream.initialize(to: z_stream())
        let result = deflateInit2_(
            stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, Self.gzipWindow, Self.memoryLevel,
            Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard result == Z_OK else { throw GzipError.outOfMemory }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// What to write to; `finish` must be called at the end.
    package var profile: ProfileOutput { ProfileOutput { try self.write($0) } }

    package func write(_ bytes: UnsafeRawBufferPointer) throws { try run(bytes, flush: Z_NO_FLUSH) }

    /// Writes what is left, and the trailer.
    package func finish() throws { try run(UnsafeRawBufferPointer(start: nil, count: 0), flush: Z_FINISH) }

    private func run(_ bytes: UnsafeRawBufferPointer, flush: Int32) throws {
        // zlib counts in 32 bits.
        var rest = bytes[...]
        repeat {
            let piece = rest.prefix(1 << 30)
            rest = rest.dropFirst(piece.count)
            stream.pointee.next_in = UnsafeMutablePointer(
                mutating: UnsafeRawBufferPointer(rebasing: piece).baseAddress?
                    .assumingMemoryBound(to: UInt8.self))
            stream.pointee.avail_in = UInt32(piece.count)
            try drain(flush: rest.isEmpty ? flush : Z_NO_FLUSH)
        } while !rest.isEmpty
    }

    private func drain(flush: Int32) throws {
        repeat {
            let produced = buffer.withUnsafeMutableBufferPointer { room in
                stream.pointee.next_out = room.baseAddress
                stream.pointee.avail_out = UInt32(room.count)
                _ = deflate(stream, flush)
                return room.count - Int(stream.pointee.avail_out)
            }
            if produced > 0 { try output.write(Array(buffer[..<produced])) }
        } while stream.pointee.avail_out == 0
    }
}

/// Why something could not be compressed or expanded.
package enum GzipError: Error, Equatable {
    case outOfMemory
    case damaged
    case tooLarge
}

/// Expands gzip data of one or several members to at most `limit` bytes.
package func gunzip(_ bytes: [UInt8], limit: Int) throws(GzipError) -> [UInt8] {
    // Never moves: zlib's state points back at it.
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    defer { stream.deallocate() }
    let gzipWindow: Int32 = 15 + 16
    guard inflateInit2_(stream, gzipWindow, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { throw .outOfMemory }
    defer { inflateEnd(stream) }
    var expanded: [UInt8] = []
    var room = [UInt8](repeating: 0, count: 1 << 16)
    var offset = 0
    while true {
        // zlib counts in 32 bits, so it is given no more than that at a time.
        let offered = min(bytes.count - offset, 1 << 30)
        let (result, used, produced) = bytes.withUnsafeBufferPointer { input in
            room.withUnsafeMutableBufferPointer { output in
                stream.pointee.next_in = UnsafeMutablePointer(
                    mutating: UnsafeBufferPointer(rebasing: input[offset..<offset + offered]).baseAddress)
                stream.pointee.avail_in = UInt32(offered)
                stream.pointee.next_out = output.baseAddress
                stream.pointee.avail_out = UInt32(output.count)
                let result = inflate(stream, Z_NO_FLUSH)
                return (result, offered - Int(stream.pointee.avail_in), output.count - Int(stream.pointee.avail_out))
            }
        }
        offset += used
        guard expanded.count + produced <= limit else { throw .tooLarge }
        expanded += room[..<produced]
        switch result {
        case Z_STREAM_END:
            // What follows is another member, or padding.
            guard offset < bytes.count, bytes[offset] == 0x1f else { return expanded }
            inflateReset(stream)
        case Z_OK where used > 0 || produced > 0: continue
        case Z_MEM_ERROR: throw .outOfMemory
        default: throw .damaged
        }
    }
}
