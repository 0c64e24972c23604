import Foundation

/// Offsets of a real build, measured from its DWARF (fixtures/abi).
struct Reference: Decodable {
    struct Member: Decodable {
        var offset: Int
        /// The first bit of a bit field.
        var bit: Int?
    }
    var version: String
    var pydebug: Bool
    var offsets: [String: Member]
    var sizes: [String: Int]
    var debugOffsets: [String: Value]?

    enum CodingKeys: String, CodingKey {
        case version, pydebug, offsets, sizes
        case debugOffsets = "debug_offsets"
    }

    /// A number, or the cookie.
    enum Value: Decodable {
        case number(UInt64)
        case text(String)
        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(UInt64.self) {
                self = .number(number)
            } else {
                self = .text(try container.decode(String.self))
            }
        }
        var number: UInt64? { if case .number(let value) = self { value } else { nil } }
    }

    static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("fixtures/abi")

    static func load(_ version: String) throws -> Reference {
        let data = try Data(contentsOf: folder.appendingPathComponent("cpython-\(version).json"))
        return try JSONDecoder().decode(Reference.self, from: data)
    }

    func offset(_ names: String...) -> Int? { names.lazy.compactMap { offsets[$0]?.offset }.first }
}
