import Foundation
import FuzzTargets
import StandardDecoders
import Testing
import TestSupport

@testable import Host

/// What fuzzing has found or gone through (scripts/fuzz), and some thousand mutations of it: with or without
/// libFuzzer in the toolchain, the same entry points are run on each build. A crash or a hang fails the run.
struct FuzzCorpusTests {
    /// PYFLAME_MUTATIONS: how many of the files of each target, all together.
    private static let mutations = amount("PYFLAME_MUTATIONS", short: 300)

    private static var targets: [FuzzTarget] {
        FuzzTarget.all(decoders: standardDecoders) {
            _ = try? Options.parse(arguments: $0, supported: standardDecoders.supportedABIs)
        }
    }

    @Test(arguments: targets.map(\.name))
    func corpus(_ name: String) throws {
        let target = try #require(Self.targets.first { $0.name == name })
        let folder = projectRoot.appendingPathComponent("fixtures/fuzz/\(name)")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(!files.isEmpty)
        var runs = 0
        var random = Random(state: 0x9e37_79b9_7f4a_7c15)
        for file in files {
            let bytes = Array(try Data(contentsOf: folder.appendingPathComponent(file)))
            target.run(bytes)
            for _ in 0..<max(Self.mutations / files.count, 1) {
                target.run(mutated(bytes, &random))
                runs += 1
            }
        }
        target.run([])
        print("FUZZED \(name): \(files.count) files, \(runs) mutations")
    }

    private struct Random: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
    }

    private func mutated(_ bytes: [UInt8], _ random: inout Random) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...6, using: &random) where !bytes.isEmpty {
            let place = Int.random(in: bytes.indices, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 2:
                // A word that matters to arithmetic.
                let words: [UInt64] = [0, 1, .max, 1 << 63, 1 << 31, 0xffff_ffff, 1 << 47]
                let word = words.randomElement(using: &random)!
                for index in 0..<min(8, bytes.count - place) {
                    bytes[place + index] = UInt8(truncatingIfNeeded: word >> UInt64(index * 8))
                }
            case 3: bytes.removeSubrange(place..<min(place + Int.random(in: 1...16, using: &random), bytes.count))
            default: bytes.insert(contentsOf: bytes[place..<min(place + 16, bytes.count)], at: place)
            }
        }
        return bytes
    }
}
