import FrameDecoding
import TargetMemory

@testable import Probe

/// A core dump: what is mapped in it, an interpreter in that, by its symbols or by a search, and its stacks.
func fuzzCore(_ bytes: [UInt8], _ decoders: [DecoderModule]) {
    withFile(bytes) { path in
        guard let core = try? CoreFile(path) else { return }
        let memory = Memory(source: core)
        for mapping in core.mappings.prefix(16) {
            for place in [mapping.start, mapping.end &- 8, mapping.end &- 1] {
                _ = try? memory.bytes(at: place, count: 16)
            }
        }
        _ = core.tid(ofThread: 0x7000_0000)
        let probe = ProcessProbe(target: .core(core), memory: memory, symbols: Set(decoders.flatMap(\.symbols)))
        guard var sites = try? probe.run().candidates else { return }
        sites += (try? probe.search(for: decoders)) ?? []
        for site in sites.prefix(4) { decode(site, memory, decoders) }
    }
}

private func decode(_ site: LocatedInterpreter, _ memory: Memory, _ decoders: [DecoderModule]) {
    let frames = FrameTable()
    for module in decoders {
        guard case .reads(let choices) = module.claim(site, memory, frames) else { continue }
        for choice in choices {
            guard let decoder = try? choice.makeDecoder(), let threads = try? decoder.threads(in: memory) else { continue }
            _ = try? decoder.lockState(in: memory)
            var stack: [FrameID] = []
            for thread in threads.prefix(4) { try? decoder.stack(of: thread, in: memory, into: &stack) }
        }
    }
}
