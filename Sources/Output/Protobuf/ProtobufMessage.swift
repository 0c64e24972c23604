/// A message in the protocol buffers wire format, being written
/// (https://protobuf.dev/programming-guides/encoding).
///
/// pprof needs three of its constructs: varints, packed varints and nested messages. SwiftProtobuf would
/// bring Foundation into the program, which makes it several times its size and slow to start.
package struct ProtobufMessage {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    private static let varint: UInt64 = 0
    private static let lengthDelimited: UInt64 = 2

    /// A number of a field of type uint64 or int64; 0 is what a missing field means.
    package mutating func append(_ field: UInt64, _ number: UInt64) {
        guard number != 0 else { return }
        appendVarint(field << 3 | Self.varint)
        appendVarint(number)
    }

    package mutating func append(_ field: UInt64, _ number: Int) {
        append(field, UInt64(bitPattern: Int64(number)))
    }

    package mutating func append(_ field: UInt64, _ flag: Bool) { append(field, flag ? 1 : 0 as UInt64) }

    /// A repeated number, packed.
    package mutating func append(_ field: UInt64, packed numbers: some Sequence<UInt64>) {
        var list = ProtobufMessage()
        for number in numbers { list.appendVarint(number) }
        append(field, list)
    }

    package mutating func append(_ field: UInt64, _ message: ProtobufMessage) {
        append(field, bytes: message.bytes)
    }

    package mutating func append(_ field: UInt64, _ text: String) { append(field, bytes: text.utf8) }

    private mutating func append(_ field: UInt64, bytes content: some Collection<UInt8>) {
        appendVarint(field << 3 | Self.lengthDelimited)
        appendVarint(UInt64(content.count))
        bytes += content
    }

    package mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    /// Seven bits a byte, low ones first; the top bit says that more follow.
    private mutating func appendVarint(_ number: UInt64) {
        var rest = number
        while rest > 0x7f {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
